/** Scales of plots: domains, ticks, and where a value lies in its domain. Pure. */
import { cellText } from "../../client/table-text.ts";
import { formatValue } from "../shell/format.ts";

export interface Domain {
  readonly min: number;
  readonly max: number;
}

/** Smaller sizes count as 0: on a screen they are, and half of the smallest ones would be 0. */
const TINY = 1e-300;

/** Returns the range of the finite values, padded on either side by a share of it. Never empty. */
export function domainOf(values: Iterable<unknown>, padding = 0): Domain {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return { min: 0, max: 1 };
  // A single value gets half its size of room; one at or next to 0 gets a half.
  const alone = Math.abs(max) < TINY ? 0.5 : Math.abs(max) / 2;
  const room = max === min ? alone : (max - min) * padding;
  return { min: min - room, max: max + room };
}

/** Returns the smallest domain that contains both. */
export const joined = (a: Domain, b: Domain): Domain => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });

/** Returns where a value lies in a domain: 0 at its minimum, 1 at its maximum. */
export const shareOf = ({ min, max }: Domain, value: number): number => (value - min) / (max - min);

/** Returns the value at a share of a domain. */
export const valueAt = ({ min, max }: Domain, share: number): number => min + share * (max - min);

/** Returns `count` values, 2 or more, evenly spaced over a domain, both ends included. */
export function spaced(domain: Domain, count: number): number[] {
  return Array.from({ length: count }, (_, index) => valueAt(domain, index / (count - 1)));
}

/** Returns about `count` round values within a domain, 1, 2 or 5 times a power of ten apart. */
export function ticksOf({ min, max }: Domain, count: number): number[] {
  const rough = (max - min) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough * (1 - 1e-9)) ?? rough;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => tidy((first + index) * step));
}

/** Rounds off the error that adding up steps leaves. */
const tidy = (value: number): number => Number(value.toPrecision(12));

/** Returns a tick's label: exact, and as short as that allows. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return value.toExponential().replace("e+", "e").replaceAll("-", "−");
  return String(tidy(value)).replace("-", "−");
}

/** A number of a table as people write it; very small and large ones as `formatValue` does, and null as none. */
export function formatCell(value: number | null): string {
  if (value === null) return formatValue(null);
  const text = cellText(value);
  return text.includes("e") ? formatValue(value) : text.replace("-", "−");
}

/** Returns the (upper) median of the finite numbers; 0 where there is none. */
export function medianOf(values: readonly unknown[]): number {
  const sorted = values.filter((value): value is number => Number.isFinite(value)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
