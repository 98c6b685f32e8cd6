/** The features of a model for plots: from the rows of its job, or else from the model. Pure. */
import type { JobRows, Model } from "../../client/answers.ts";
import type { Cell } from "./field.ts";
import { type Domain, domainOf, medianOf } from "./scale.ts";

export interface Feature {
  readonly name: string;
  /** Its index in a row. */
  readonly index: number;
  readonly isNumeric: boolean;
  /** The range of values to plot. */
  readonly domain: Domain;
  /** Its value in rows that do not vary it: the median, or the most frequent one. */
  readonly usual: Cell;
}

/** Room around the data, as a share of its range. */
const PADDING = 0.12;
/** Half the range of a feature whose rows are not known, in standard deviations. */
const SPREADS = 2.5;

export function featuresOfRows({ features }: JobRows): Feature[] {
  return features.map(({ name, values }, index) => {
    const isNumeric = values.every((value) => value === null || typeof value === "number");
    const usual = isNumeric ? medianOf(values) : (mostFrequent(values) ?? null);
    return { name, index, isNumeric, domain: domainOf(values, PADDING), usual };
  });
}

export function featuresOfModel({ inputs }: Model): Feature[] {
  return (inputs ?? []).map(({ name, type, usual, spread, categories }, index) => {
    const isNumeric = type === "number" || type === "integer";
    const middle = isNumeric ? Number(usual ?? 0) : 0;
    const reach = SPREADS * (spread ?? 1);
    const domain = { min: middle - reach, max: middle + reach };
    return { name, index, isNumeric, domain, usual: isNumeric ? middle : (usual ?? categories?.[0] ?? null) };
  });
}

/** Returns the most frequent value, the first of equal ones; missing ones do not count. */
export function mostFrequent<Value>(values: readonly (Value | null)[]): Value | undefined {
  const counts = new Map<Value, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/**
 * Returns a row with every feature at its usual value. `width` is the length of a row; features beyond the given ones are missing, or 0 if
 * nothing may be missing.
 */
export function usualRow(features: readonly Feature[], width: number, mayMiss: boolean): Cell[] {
  const rest = Math.max(0, width - features.length);
  return [...features.map(({ usual }) => usual), ...new Array<Cell>(rest).fill(mayMiss ? null : 0)];
}

/** Returns the labels of a target in the server's order: numbers by size, others by name. */
export function labelsOf(values: readonly Cell[]): string[] {
  const labels = [...new Set(values.filter((value) => value !== null).map(String))];
  const areNumbers = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  return labels.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}

/** Returns a feature's name as an axis shows it; features without names are named by their index. */
export function axisName(name: string): string {
  return /^\d+$/.test(name) ? `feature ${name}` : name;
}
