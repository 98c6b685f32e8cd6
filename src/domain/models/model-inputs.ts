/** The inputs of a model, for an input form: the columns, their possible values, and typical values. */
import { z } from "zod";
import type { EncodedColumn } from "../datasets/preprocessing.ts";
import type { Model } from "./model.ts";

/** Default maximum columns of a description, and maximum labels of a column. */
const MAX_INPUTS = 2000;
const MAX_INPUT_LABELS = 200;

export const modelInput = z
  .object({
    name: z.string().meta({ description: "The column's; its place, counted from 0, where rows have no names." }),
    type: z.enum(["number", "integer", "boolean", "category", "datetime", "text"]),
    categories: z
      .array(z.string())
      .nullable()
      .meta({ description: `Of a category: the labels that training has seen, at most the first ${MAX_INPUT_LABELS}.` }),
    usual: z.union([z.number(), z.string()]).nullable().meta({
      description: "The value used in place of a missing one: for numbers, by default, the mean of the training part.",
    }),
    spread: z.number().nullable().meta({ description: "For a scaled number: its divisor, by default its standard deviation." }),
  })
  .meta({ id: "InputColumn" });

export type ModelInput = z.output<typeof modelInput>;

/** Returns the columns of a model's rows, in the order of the values of array rows; the first `most` of them. */
export function modelInputs(
  { preprocessing, inputWidth }: Pick<Model, "preprocessing" | "inputWidth">,
  most = MAX_INPUTS,
): ModelInput[] {
  if (preprocessing) return preprocessing.columns.slice(0, most).map(describe);
  return Array.from({ length: Math.min(inputWidth, most) }, (_, index) => ({
    name: String(index),
    type: "number",
    categories: null,
    usual: null,
    spread: null,
  }));
}

function describe(column: EncodedColumn): ModelInput {
  const name = column.column;
  switch (column.kind) {
    case "numeric":
      return {
        name,
        type: column.integer ? "integer" : "number",
        categories: null,
        usual: column.fill,
        spread: column.scaling?.scale ?? null,
      };
    case "datetime":
      return { name, type: "datetime", categories: null, usual: new Date(column.fill).toISOString(), spread: null };
    case "category":
      return {
        name,
        type: column.boolean ? "boolean" : "category",
        categories: column.categories.slice(0, MAX_INPUT_LABELS),
        usual: column.fill,
        spread: null,
      };
    case "text":
      return { name, type: "text", categories: null, usual: null, spread: null };
  }
}
