/**
 * The inputs and outputs of a model as named tensors, for serving protocols. The first axis is the rows. A model with named
 * columns has one input tensor per column; any other model has one, `features`. Knows nothing of the protocols.
 */

import type { EncodedColumn } from "../datasets/preprocessing.ts";
import { invalid, pointerOf } from "../errors.ts";
import { toWire } from "../metrics/metric.ts";
import type { ClassPrediction, Model, Prediction, RegressionPrediction } from "../models/model.ts";

export interface TensorDescription {
  readonly name: string;
  readonly datatype: "FP32" | "FP64" | "INT64" | "BOOL" | "BYTES";
  /** -1 stands for any number of rows. */
  readonly shape: readonly number[];
}

/** An output: numbers of a model are float64, labels are texts. */
export interface OutputDescription extends TensorDescription {
  readonly datatype: "FP64" | "BYTES";
}

/** The input of a model without column names. */
export const FEATURES = "features";

/** Returns the input tensors of a model. */
export function inputTensors({ preprocessing, inputWidth }: Model): TensorDescription[] {
  if (!preprocessing) return [{ name: FEATURES, datatype: "FP32", shape: [-1, inputWidth] }];
  return preprocessing.columns.map((column) => ({ name: column.column, datatype: datatypeOf(column), shape: [-1] }));
}

function datatypeOf(column: EncodedColumn): TensorDescription["datatype"] {
  if (column.kind === "numeric") return column.integer ? "INT64" : "FP64";
  return column.kind === "category" && column.boolean ? "BOOL" : "BYTES";
}

/**
 * Returns the output tensors of a model: `value`, and `quantiles` in their order if the model has some, or `label`, `probability` and
 * `probabilities` in the order of the classes.
 */
export function outputTensors({ task, outputWidth, classes, quantiles }: Model): OutputDescription[] {
  if (quantiles)
    return [
      { name: "value", datatype: "FP64", shape: [-1, 1] },
      { name: "quantiles", datatype: "FP64", shape: [-1, quantiles.length] },
    ];
  if (task === "regression") return [{ name: "value", datatype: "FP64", shape: [-1, outputWidth] }];
  return [
    { name: "label", datatype: "BYTES", shape: [-1] },
    { name: "probability", datatype: "FP64", shape: [-1] },
    { name: "probabilities", datatype: "FP64", shape: [-1, classes.length] },
  ];
}

/** Returns the values of an output tensor for one row: a scalar, or an array for a tensor of two axes. */
export function outputRow(name: string, prediction: Prediction): unknown {
  return OUTPUTS[name]?.(prediction as RegressionPrediction & ClassPrediction);
}

/** Infinities, which only regressions can have and JSON does not have, are strings, as everywhere in the API. */
const OUTPUTS: Readonly<Record<string, (prediction: RegressionPrediction & ClassPrediction) => unknown>> = {
  value: ({ value }) => [value].flat().map(toWire),
  quantiles: ({ quantiles = [] }) => quantiles.map(toWire),
  label: ({ label }) => label,
  probability: ({ probability }) => probability,
  probabilities: ({ probabilities }) => probabilities,
};

/** Converts columns of equal length to rows as objects. Throws invalid; `path` is the path of the columns in the request. */
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

/** Removes the second axis of a value from a tensor of shape [rows, 1]. */
export function withoutUnitAxis(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}
