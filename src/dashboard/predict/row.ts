/** A row that is being filled in: a text a column, and what it means to the model. Pure. */
import type { JobRows, Model } from "../../client/answers.ts";
import type { ModelInput } from "../../domain/models/model-inputs.ts";
import { medianOf } from "../plots/scale.ts";

/** What stands in each field, in the order of the model's inputs; an empty one is a missing value. */
export type RowTexts = readonly string[];

const isNumber = ({ type }: ModelInput): boolean => type === "number" || type === "integer";

/** What is usual: the model's own idea of it, or else the middle of the rows that it was trained on. */
export function usualTexts({ inputs }: Model, rows: JobRows | null): string[] {
  return (inputs ?? []).map((input, place) => {
    const { usual, categories } = input;
    if (isNumber(input)) {
      const value = usual === null ? medianOf(rows?.features[place]?.values ?? []) : Number(usual);
      return String(input.type === "integer" ? Math.round(value) : Number(value.toPrecision(4)));
    }
    return String(usual ?? categories?.[0] ?? "");
  });
}

/** A row of the data. */
export function rowTexts({ inputs }: Model, rows: JobRows, index: number): string[] {
  return (inputs ?? []).map((_, place) => {
    const value = rows.features[place]?.values[index];
    return value === null || value === undefined ? "" : String(value);
  });
}

/** The values as the API takes them; null is missing. */
export function instanceOf({ inputs }: Model, texts: RowTexts): (number | string | boolean | null)[] {
  return (inputs ?? []).map((input, place) => {
    const text = texts[place] ?? "";
    if (text === "") return null;
    return isNumber(input) ? Number(text) : text;
  });
}

/** Where a slider for a number begins and ends: around what is usual, or over the rows that are known. */
export function reachOf(
  input: ModelInput,
  place: number,
  rows: JobRows | null,
): { readonly min: number; readonly max: number } | null {
  const values = (rows?.features[place]?.values ?? []).filter((value): value is number => typeof value === "number");
  if (values.length > 0) return { min: Math.min(...values), max: Math.max(...values) };
  if (typeof input.usual !== "number" || input.spread === null) return null;
  return { min: input.usual - 3 * input.spread, max: input.usual + 3 * input.spread };
}
