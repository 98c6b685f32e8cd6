/** Partial dependence as the JSON text of the API: values of a column, and numbers in the form of an answer for each. */
import type { Model } from "../models/model.ts";
import { modelInputs } from "../models/model-inputs.ts";
import { numberCount } from "./explanation.ts";
import { numbersWriter } from "./explanation-json.ts";
import type { Dependence } from "./partial-dependence.ts";

/** A whole answer. */
export function dependenceJson(model: Model, backgroundRows: number, dependences: readonly Dependence[]): string {
  const numbers = numberCount(model);
  const write = numbersWriter(model, numbers);
  const inputs = modelInputs(model, Number.POSITIVE_INFINITY);
  const list = (all: Float64Array) =>
    `[${Array.from({ length: all.length / numbers }, (_, place) => `{${write(all, place * numbers)}}`).join()}]`;
  const columns = dependences.map(({ column, values, mean, rows }) => {
    const { name, type } = inputs[column] ?? { name: String(column), type: "number" };
    const own = rows.length > 0 ? `,"rows":[${rows.map(list).join()}]` : "";
    return `{"column":${JSON.stringify(name)},"type":"${type}","values":${JSON.stringify(values)},"mean":${list(mean)}${own}}`;
  });
  return `{"model":${JSON.stringify(model.id)},"background":${backgroundRows},"columns":[${columns.join()}]}`;
}
