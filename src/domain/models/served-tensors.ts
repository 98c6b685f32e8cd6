/**
 * A model as serving protocols see it: named tensors whose first axis is rows. A model with named columns has a tensor a
 * column; any other has one, `features`. Knows no protocol.
 */

import type { EncodedColumn } from "../datasets/preprocessing.ts";
import { invalid, pointerOf } from "../errors.ts";
import { toWire } from "../metrics/metric.ts";
import type { ClassPrediction, Model, Prediction, RegressionPrediction } from "./model.ts";

export interface TensorDescription {
  readonly name: string;
  readonly datatype: "FP32" | "FP64" | "INT64" | "BOOL" | "BYTES";
  /** -1 stands for any number of rows. */
  readonly shape: readonly number[];
}

/** The input of a model whose columns have no names. */
export const FEATURES = "features";

/** What a model takes. */
export function inputTensors({ preprocessing, inputWidth }: Model): TensorDescription[] {
  if (!preprocessing) return [{ name: FEATURES, datatype: "FP32", shape: [-1, inputWidth] }];
  return preprocessing.columns.map((column) => ({ name: column.column, datatype: datatypeOf(column), shape: [-1] }));
}

function datatypeOf(column: EncodedColumn): TensorDescription["datatype"] {
  if (column.kind === "numeric") return column.integer ? "INT64" : "FP64";
  return column.kind === "category" && column.boolean ? "BOOL" : "BYTES";
}

/** What a model gives: `value`, or `label`, `probability` and `probabilities` in the order of the classes. */
export function outputTensors({ task, outputWidth, classes }: Model): TensorDescription[] {
  if (task === "regression") return [{ name: "value", datatype: "FP64", shape: [-1, outputWidth] }];
  return [
    { name: "label", datatype: "BYTES", shape: [-1] },
    { name: "probability", datatype: "FP64", shape: [-1] },
    { name: "probabilities", datatype: "FP64", shape: [-1, classes.length] },
  ];
}

/** What an output tensor has for a row: a scalar, or an array for a tensor of two axes. */
export function outputRow(name: string, prediction: Prediction): unknown {
  return OUTPUTS[name]?.(prediction as RegressionPrediction & ClassPrediction);
}

/** JSON has no infinities, which only a regression can give: they are strings, as everywhere in the API. */
const OUTPUTS: Readonly<Record<string, (prediction: RegressionPrediction & ClassPrediction) => unknown>> = {
  value: ({ value }) => [value].flat().map(toWire),
  label: ({ label }) => label,
  probability: ({ probability }) => probability,
  probabilities: ({ probabilities }) => probabilities,
};

/** Rows as objects from columns of equal length. Throws invalid; `path` is where the columns stand in the request. */
export function rowsOfColumns(columns: ReadonlyMap<string, readonly unknown[]>, path: readonly PropertyKey[]): unknown[] {
  const [first] = columns;
  if (!first) throw invalid([{ pointer: pointerOf(path), detail: "must have at least one column" }]);
  const rows = first[1].length;
  for (const [name, values] of columns) {
    if (values.length === rows) continue;
    const detail = `has ${values.length} rows, and ${first[0]} ${rows}`;
    throw invalid([{ pointer: pointerOf([...path, name]), detail }]);
  }
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(Array.from(columns, ([name, values]) => [name, values[row]])),
  );
}

/** A value of a tensor of shape [rows, 1], whose second axis says nothing. */
export function withoutUnitAxis(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}
