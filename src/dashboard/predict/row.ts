/** A row that is being filled in: a text for each column, and its value. Pure. */
import type { JobRows, Model } from "../../client/answers.ts";
import type { ModelInput } from "../../domain/models/model-inputs.ts";
import { mostFrequent } from "../plots/features.ts";
import { medianOf } from "../plots/scale.ts";

/** The text of each field, in the order of the model's inputs; an empty one is a missing value. */
export type RowTexts = readonly string[];

/** Whether a column's values are numbers. */
export const isNumber = ({ type }: ModelInput): boolean => type === "number" || type === "integer";

/**
 * Returns a typical row: the median of each number and the most frequent other value among the training rows; if they are not available,
 * the replacements of missing values.
 */
export function usualTexts({ inputs }: Model, rows: JobRows | null): string[] {
  return (inputs ?? []).map((input) => {
    const values = valuesOf(rows, input).filter((value, row) => value !== null && rows?.parts[row] === "train");
    if (!isNumber(input)) return String(usualValue(input, values) ?? "");
    const number = values.length > 0 || input.usual === null ? medianOf(values) : Number(input.usual);
    return String(input.type === "integer" ? Math.round(number) : Number(number.toPrecision(4)));
  });
}

const valuesOf = (rows: JobRows | null, { name }: ModelInput): readonly (number | string | null)[] =>
  rows?.features.find((feature) => feature.name === name)?.values ?? [];

/** For a column that is not a number. Long texts have no usual value. */
function usualValue({ type, usual, categories }: ModelInput, values: readonly (number | string | null)[]) {
  if (type === "text") return usual;
  // Times are all different; sorted as text they are sorted by time.
  if (type === "datetime") return [...values].sort()[Math.floor(values.length / 2)] ?? usual;
  return mostFrequent(values) ?? usual ?? categories?.[0];
}

/** Returns a row of the data by its index. */
export function rowTexts({ inputs }: Model, rows: JobRows, row: number): string[] {
  return (inputs ?? []).map((input) => {
    const value = valuesOf(rows, input)[row];
    return value === null || value === undefined ? "" : String(value);
  });
}

/** Returns the row as the API takes it; null is missing. */
export function instanceOf({ inputs }: Model, texts: RowTexts): (number | string | boolean | null)[] {
  return (inputs ?? []).map((input, index) => {
    const text = texts[index] ?? "";
    if (text === "") return null;
    return isNumber(input) ? Number(text) : text;
  });
}

/** Returns the range of a number's slider: that of the known rows, or else three standard deviations around the usual value. */
export function reachOf(input: ModelInput, rows: JobRows | null): { readonly min: number; readonly max: number } | null {
  const values = valuesOf(rows, input).filter((value): value is number => typeof value === "number");
  if (values.length > 0) return { min: Math.min(...values), max: Math.max(...values) };
  if (typeof input.usual !== "number" || input.spread === null) return null;
  return { min: input.usual - 3 * input.spread, max: input.usual + 3 * input.spread };
}
