/** Numbers, times and texts in a card: in English, in UTC, and the same on every machine. */
import type { ScoreFormat } from "../../domain/score-text.ts";

/** A non-breaking space, between a number and its unit and between thousands. */
const SPACE = "\u202f";
/** Maximum characters of a user's text that is shown in full. */
const MAX_TEXT = 200;

export const NOT_KNOWN = "not known";

/** A whole number: 1 000 000. */
export const count = (value: number): string => String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, SPACE);

/** A number with its noun: "1 row", "2 rows". */
export const counted = (value: number, noun: string): string => `${count(value)} ${value === 1 ? noun : `${noun}s`}`;

/** A measured number in about four digits; very small and large ones in powers of ten. */
export function value(number: number): string {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number > 0 ? "∞" : "−∞";
  const size = Math.abs(number);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return number.toExponential(2).replace("e+", "e").replaceAll("-", "−");
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
  return String(Number(number.toFixed(digits))).replace("-", "−");
}

/** A number as a user chose it. */
export const chosen = (number: number): string => String(Number(number.toPrecision(7))).replace("-", "−");

export const share = (number: number): string => `${(number * 100).toFixed(1)}${SPACE}%`;

export const FORMAT: ScoreFormat = { share, value, count, decimal: (number) => number.toFixed(3).replace("-", "−") };

/** A time to the minute, in UTC. */
export const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A text cut to the space in a card. */
export function short(text: string, most = MAX_TEXT): string {
  if (text.length <= most) return text;
  const characters = [...text.slice(0, 2 * most)];
  return characters.length > most || text.length > 2 * most ? `${characters.slice(0, most).join("")}…` : text;
}

/** The first items of a list, and how many are left out. */
export function first<Item>(items: readonly Item[], most: number): { shown: readonly Item[]; rest: number } {
  return { shown: items.slice(0, most), rest: Math.max(0, items.length - most) };
}
