/** What a model's rows are made of, as the views of it need to know: from the rows of its job, or else from the model. Pure. */
import type { JobRows, Model } from "../../client/answers.ts";
import type { Cell } from "./field.ts";
import { type Domain, domainOf, medianOf } from "./scale.ts";

export interface Feature {
  readonly name: string;
  /** Its place in a row. */
  readonly place: number;
  readonly isNumeric: boolean;
  /** What is looked at of a number. */
  readonly domain: Domain;
  /** What stands in a row where this feature is not looked at: its middle. */
  readonly usual: Cell;
}

/** Room around the data, as a share of its range. */
const PADDING = 0.12;
/** How far to look from what is usual where no rows are known, in standard deviations. */
const SPREADS = 2.5;

export function featuresOfRows({ features }: JobRows): Feature[] {
  return features.map(({ name, values }, place) => {
    const isNumeric = values.every((value) => value === null || typeof value === "number");
    const usual = isNumeric ? medianOf(values) : (mostFrequent(values) ?? null);
    return { name, place, isNumeric, domain: domainOf(values, PADDING), usual };
  });
}

export function featuresOfModel({ inputs }: Model): Feature[] {
  return (inputs ?? []).map(({ name, type, usual, spread, categories }, place) => {
    const isNumeric = type === "number" || type === "integer";
    const middle = isNumeric ? Number(usual ?? 0) : 0;
    const reach = SPREADS * (spread ?? 1);
    const domain = { min: middle - reach, max: middle + reach };
    return { name, place, isNumeric, domain, usual: isNumeric ? middle : (usual ?? categories?.[0] ?? null) };
  });
}

function mostFrequent(values: readonly Cell[]): Cell | undefined {
  const counts = new Map<Cell, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/**
 * A whole row with every feature at its middle. `width` is how many a row has where not all of them are shown: the rest is missing,
 * or 0 where nothing can be missing.
 */
export function usualRow(features: readonly Feature[], width: number, mayMiss: boolean): Cell[] {
  const rest = Math.max(0, width - features.length);
  return [...features.map(({ usual }) => usual), ...new Array<Cell>(rest).fill(mayMiss ? null : 0)];
}

/** The labels of a target, numbers in their order, as the server orders them. */
export function labelsOf(values: readonly Cell[]): string[] {
  const labels = [...new Set(values.filter((value) => value !== null).map(String))];
  const areNumbers = labels.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  return labels.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}

/** A feature's name as an axis shows it: features of rows without names have their place alone. */
export function axisName(name: string): string {
  return /^\d+$/.test(name) ? `feature ${name}` : name;
}
