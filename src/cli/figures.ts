/** Numbers and times as people read them in a table. */
import type { Job } from "../client/index.ts";

/** A number in four significant digits, without an exponent where it is short. */
export function significant(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e5 ? value.toPrecision(4) : value.toExponential(2);
}

/** A share of 0..1 as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Seconds in their two largest units; below ten seconds, to a tenth. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Bytes in the unit that leaves few digits. */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** A time of the API in the reader's time zone, to the minute. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The score of a job's or model's last epoch: accuracy or r2, else its loss; empty before the first epoch. */
export function headline({ metrics }: Pick<Job, "metrics">): string {
  const { loss, accuracy, r2 } = metrics?.final ?? {};
  if (accuracy !== undefined) return `accuracy ${percent(Number(accuracy))}`;
  if (r2 !== undefined) return `r2 ${Number(r2).toFixed(3)}`;
  return loss === undefined ? "" : `loss ${significant(Number(loss))}`;
}
