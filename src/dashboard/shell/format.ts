/** Numbers, times and durations as people read them. Pure. */
import type { ScoreFormat } from "../../client/score.ts";

const THIN = "\u2009";
const NONE = "–";

/** A whole number with thin spaces between thousands: 1 000 000. */
export function formatCount(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, THIN);
}

/** A whole number in at most four characters and a unit: 1.03M. Exact below 10 000. */
export function formatCompact(value: number): string {
  if (value < 10_000) return formatCount(value);
  const [size, unit] = value < 1e6 ? [1e3, "k"] : value < 1e9 ? [1e6, "M"] : [1e9, "G"];
  const scaled = value / size;
  // Rounded down, so that an incomplete count never looks complete.
  const digits = scaled < 10 ? 100 : scaled < 100 ? 10 : 1;
  return `${Math.floor(scaled * digits) / digits}${unit}`;
}

/** A measured number in about four digits; very small and large ones in powers of ten. */
export function formatValue(value: unknown): string {
  const number = value === null || value === undefined ? null : Number(value);
  if (number === null) return NONE;
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e6 || size < 1e-4) return number.toExponential(2).replace("e+", "e").replaceAll("-", "−");
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
  return number.toFixed(digits).replace("-", "−");
}

/** A share of one as a percentage. */
export function formatShare(value: unknown): string {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? `${(number * 100).toFixed(1)}${THIN}%` : formatValue(value);
}

/** A share that somebody chose, as chosen: 90 %, not 90.0 %. */
export function formatChosenShare(share: number): string {
  return `${Number((share * 100).toFixed(1))}${THIN}%`;
}

/** How the page writes the numbers of a score. */
export const SCORE_FORMAT: ScoreFormat = {
  share: formatShare,
  value: formatValue,
  decimal: (value) => value.toFixed(3).replace("-", "−"),
  count: formatCount,
};

/** A rate, with k for thousands and M for millions. */
export function formatRate(perSecond: number | null): string {
  if (perSecond === null || !Number.isFinite(perSecond)) return NONE;
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)}M`;
  if (perSecond >= 100_000) return `${Math.round(perSecond / 1000)}k`;
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)}k`;
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(perSecond >= 10 ? 1 : 2);
}

/** A duration in its two largest units: 3 m 12 s. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  if (seconds < 0.001) return "0 s";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** How long ago a time was. */
export function formatAgo(at: string | number, now: number): string {
  const seconds = Math.max(0, (now - new Date(at).getTime()) / 1000);
  if (seconds < 5) return "now";
  const units: readonly (readonly [number, string])[] = [
    [86_400, "d"],
    [3600, "h"],
    [60, "m"],
    [1, "s"],
  ];
  const [size, unit] = units.find(([each]) => seconds >= each) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** A time of day with its date, in the reader's zone. */
export function formatTime(at: string): string {
  const date = new Date(at);
  return date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A size in units of a thousand. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** The end of an id, enough to tell it from its neighbours. */
export function shortId(id: string): string {
  return id.slice(-6);
}
