/** Numbers and times as people read them in a table. */
import type { Job, Score, Sweep } from "../client/index.ts";
import { baselineText, figureText, mainFigure, rangeText, type ScoreFormat } from "../client/score.ts";

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

/** A time in a table: on a terminal, the time of today or the date of another day. */
export function timeText(iso: string, { live }: { readonly live: boolean }, now: Date = new Date()): string {
  const [day, time] = localTime(iso).split(" ") as [string, string];
  if (!live) return `${day} ${time}`;
  return day === localTime(now.toISOString()).split(" ")[0] ? time : day;
}

/** How the command line writes the numbers of a score. */
export const SCORE_FORMAT: ScoreFormat = {
  share: percent,
  value: significant,
  decimal: (value) => value.toFixed(3),
  count: String,
};

/**
 * The result of a job or model in a few words: the score of its weights, and that of a constant answer. Without a score, the newest epoch's
 * held-out or training accuracy, r2 or loss; empty before the first epoch.
 */
export function headline({ metrics, score }: Pick<Job, "metrics" | "score">): string {
  if (score) {
    const figure = mainFigure(score);
    const text = (value: number | null) => figureText(value, figure, SCORE_FORMAT);
    const range = figure.range && figure.model !== null ? `${rangeText(figure.range, figure, SCORE_FORMAT)}, ` : "";
    return `${figure.name} ${text(figure.model)} (${range}${PART_NAMES[score.part]}; ${baselineText(score)}: ${text(figure.baseline)})`;
  }
  const final = metrics?.final ?? {};
  const name = (["val_accuracy", "accuracy", "val_r2", "r2", "val_loss", "loss"] as const).find((each) => each in final);
  if (name === undefined) return "";
  const value = Number(final[name]);
  return `${name} ${name.endsWith("accuracy") ? percent(value) : significant(value)}`;
}

const PART_NAMES: Readonly<Record<Score["part"], string>> = {
  test: "test",
  validation: "held out",
  out_of_fold: "out of fold",
  train: "training rows",
};

/** The labels of a job or a sweep as lines. */
export function labelLines({ tags, note }: Pick<Job | Sweep, "tags" | "note">): string[] {
  const shown = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return [...(shown.length > 0 ? [`tags  ${shown.join("  ")}`] : []), ...(note === null ? [] : [`note  ${note}`])];
}
