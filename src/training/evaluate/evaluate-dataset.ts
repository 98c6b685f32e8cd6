/** Evaluates a model on a data set that it need not have seen: whether the columns fit, and its scores. */
import { UNKNOWN } from "../../domain/datasets/column-reader.ts";
import { type ColumnValues, type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import type { Preprocessing } from "../../domain/datasets/preprocessing.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import type { DatasetEvaluation } from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { withIntervals } from "../certainty/intervals.ts";
import { encodeRows } from "../data/data.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { evaluate, type Predicted, scoredOutputs } from "./evaluate.ts";
import { readColumn, readPlaces } from "./read-columns.ts";

const POINTER = "/dataset/id";
/** Rows whose features are in memory at a time. */
const STRETCH_ROWS = 4096;
/** Maximum outputs in memory at a time: 128 MiB. */
const MAX_OUTPUTS = 2 ** 25;

/** Scores over every row of a data set, or all errors of its columns. The values of all columns must be loaded. */
export function evaluateDataset(model: Model, weights: TensorSet, dataset: DatasetRows): DatasetEvaluation {
  const read = predictDataset(model, weights, dataset);
  if (!read.ok) return read;
  const { predicted } = read;
  const { classes, preprocessing } = model;
  const scalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  return { ok: true, evaluation: withIntervals(evaluate(predicted, classes, scalings), predicted, classes, scalings) };
}

/** A model's outputs for every row of a data set that has a target, or the errors of its columns. */
export function predictDataset(
  model: Model,
  weights: TensorSet,
  dataset: DatasetRows,
): { readonly ok: true; readonly predicted: Predicted } | Extract<DatasetEvaluation, { ok: false }> {
  const { preprocessing, classes, outputWidth, threshold, quantiles } = model;
  if (!preprocessing || preprocessing.targets.length === 0)
    return refused(["the model was not trained on a data set: its columns have no names"]);
  const read = readDataset(preprocessing, dataset, classes);
  if ("faults" in read) return refused(read.faults);
  const { codes, rows: chosen } = read;
  if (chosen.length * outputWidth > MAX_OUTPUTS)
    return refused([`${chosen.length} rows of ${outputWidth} outputs are more than ${MAX_OUTPUTS}`]);

  const inference = createInference(model, weights, [BLOCK]);
  const outputs = new Float32Array(chosen.length * outputWidth);
  const targets = new Float32Array(chosen.length * preprocessing.targets.length);
  const actual = codes ? null : new Float64Array(targets.length);
  for (let start = 0; start < chosen.length; start += STRETCH_ROWS) {
    const table = encodeRows(read.dataset, preprocessing, codes, null, chosen.subarray(start, start + STRETCH_ROWS));
    outputs.set(inference.outputs(table.features, table.rows), start * outputWidth);
    targets.set(table.targets, start * table.targetWidth);
    if (table.actual) actual?.set(table.actual, start * table.targetWidth);
  }
  inference.release();
  return {
    ok: true,
    predicted: { rows: chosen.length, outputs: scoredOutputs(outputs, quantiles), targets, actual, threshold },
  };
}

function refused(details: readonly string[]): Extract<DatasetEvaluation, { ok: false }> {
  return { ok: false, errors: details.map((detail): FieldError => ({ pointer: POINTER, detail })) };
}

/** A data set as the model reads it, with the rows that have targets and, for a classifier, the class of every row. */
interface ReadDataset {
  readonly dataset: DatasetRows;
  readonly codes: Int32Array | null;
  readonly rows: Int32Array<ArrayBuffer>;
}

function readDataset(
  { columns, targets }: Preprocessing,
  dataset: DatasetRows,
  classes: readonly string[],
): ReadDataset | { readonly faults: readonly string[] } {
  const byName = new Map(dataset.columns.map((column) => [column.name, column]));
  const faults: string[] = [];
  const values = new Map(dataset.values);
  for (const encoded of columns) {
    const column = byName.get(encoded.column);
    const read = column ? readColumn(encoded, column, dataset) : { fault: `has no column ${encoded.column}` };
    if ("fault" in read) {
      faults.push(read.fault);
    } else {
      byName.set(encoded.column, read.column);
      values.set(encoded.column, read.values);
    }
  }
  const rows: number[] = [];
  let codes: Int32Array | null = null;
  const columnsOfTargets = targets.flatMap(({ column: name }) => {
    const column = byName.get(name);
    const given = column && dataset.values.get(name);
    if (!column) faults.push(`has no column ${name}, which the model predicts`);
    else if (!given || (classes.length === 0 && isCategorical(column.type)))
      faults.push(`column ${name} is ${column.type}: no target of this model`);
    else return [{ name, column, given }];
    return [];
  });
  const [first] = columnsOfTargets;
  if (faults.length > 0 || !first) return { faults };
  if (classes.length > 0) codes = readPlaces(classes, first.column, first.given);
  const isThere = (given: ColumnValues, row: number) =>
    !(given instanceof Int32Array ? given[row] === -1 : Number.isNaN(given[row]));
  for (let row = 0; row < dataset.rows; row++) if (columnsOfTargets.every(({ given }) => isThere(given, row))) rows.push(row);
  if (rows.length === 0) return { faults: [`${first.name}, which the model predicts, is missing in every row`] };
  const unknown = codes ? rows.find((row) => (codes as Int32Array)[row] === UNKNOWN) : undefined;
  if (unknown !== undefined) {
    const { column, given, name } = first;
    const value = isCategorical(column.type) ? column.categories?.[given[unknown] as number] : given[unknown];
    return {
      faults: [`${name} is ${value} in row ${unknown + 1}, which is no class of the model: it has ${classes.join(", ")}`],
    };
  }
  return { dataset: { ...dataset, columns: [...byName.values()], values }, codes, rows: Int32Array.from(rows) };
}
