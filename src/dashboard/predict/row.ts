/** A row that is being filled in: a text for each column, and its value. Pure. */
import type { JobRows, Model } from "../../client/answers.ts";
import type { ModelInput } from "../../domain/models/model-inputs.ts";
import { medianOf } from "../plots/scale.ts";

/** The text of each field, in the order of the model's inputs; an empty one is a missing value. */
export type RowTexts = readonly string[];

/** Whether a column's values are numbers. */
export const isNumber = ({ type }: ModelInput): boolean => type === "number" || type === "integer";

/** Returns a typical row: the model's usual values, or else the medians of the rows that it was trained on. */
export function usualTexts({ inputs }: Model, rows: JobRows | null): string[] {
  return (inputs ?? []).map((input, index) => {
    const { usual, categories } = input;
    if (isNumber(input)) {
      const value = usual === null ? medianOf(rows?.features[index]?.values ?? []) : Number(usual);
      return String(input.type === "integer" ? Math.round(value) : Number(value.toPrecision(4)));
    }
    return String(usual ?? categories?.[0] ?? "");
  });
}

/** Returns a row of the data by its index. */
export function rowTexts({ inputs }: Model, rows: JobRows, row: number): string[] {
  return (inputs ?? []).map((_, index) => {
    const value = rows.features[index]?.values[row];
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
export function reachOf(
  input: ModelInput,
  index: number,
  rows: JobRows | null,
): { readonly min: number; readonly max: number } | null {
  const values = (rows?.features[index]?.values ?? []).filter((value): value is number => typeof value === "number");
  if (values.length > 0) return { min: Math.min(...values), max: Math.max(...values) };
  if (typeof input.usual !== "number" || input.spread === null) return null;
  return { min: input.usual - 3 * input.spread, max: input.usual + 3 * input.spread };
}
