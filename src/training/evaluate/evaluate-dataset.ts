/** A model on a data set that it need not have seen: whether the columns are those that it takes, and its scores. */
import { type Column, type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn, Preprocessing } from "../../domain/datasets/preprocessing.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import type { DatasetEvaluation } from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { encodeRows } from "../data/data.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { evaluate } from "./evaluate.ts";

const POINTER = "/dataset/id";
/** Rows whose features are held at a time. */
const STRETCH_ROWS = 4096;
/** Most outputs that are looked at together: 128 MiB. */
const MOST_OUTPUTS = 2 ** 25;

/** Scores over every row of a data set, or what is wrong with its columns: all of it. The values of all columns are there. */
export function evaluateDataset(model: Model, weights: TensorSet, dataset: DatasetRows): DatasetEvaluation {
  const { preprocessing, classes, outputWidth } = model;
  if (!preprocessing || preprocessing.targets.length === 0)
    return refused(["the model was not trained on a data set: its columns have no names"]);
  const faults = columnFaults(preprocessing, dataset.columns, classes.length > 0);
  if (faults.length > 0) return refused(faults);
  if (dataset.rows * outputWidth > MOST_OUTPUTS)
    return refused([`${dataset.rows} rows of ${outputWidth} outputs are more than ${MOST_OUTPUTS}`]);
  const codes = classes.length > 0 ? codesOf(preprocessing, dataset, classes) : null;
  if (typeof codes === "string") return refused([codes]);

  const inference = createInference(model, weights, [BLOCK]);
  const outputs = new Float32Array(dataset.rows * outputWidth);
  const targets = new Float32Array(dataset.rows * preprocessing.targets.length);
  for (let start = 0; start < dataset.rows; start += STRETCH_ROWS) {
    const rows = Int32Array.from({ length: Math.min(STRETCH_ROWS, dataset.rows - start) }, (_, index) => start + index);
    const table = encodeRows(dataset, preprocessing, codes, null, rows);
    outputs.set(inference.outputs(table.features, table.rows), start * outputWidth);
    targets.set(table.targets, start * table.targetWidth);
  }
  const scalings = preprocessing.targets.map(({ scaling }) => scaling);
  return { ok: true, evaluation: evaluate({ rows: dataset.rows, outputs, targets }, classes, scalings) };
}

function refused(details: readonly string[]): DatasetEvaluation {
  return { ok: false, errors: details.map((detail): FieldError => ({ pointer: POINTER, detail })) };
}

function columnFaults({ columns, targets }: Preprocessing, given: readonly Column[], isClassifier: boolean): string[] {
  const byName = new Map(given.map((column) => [column.name, column]));
  const features = columns.flatMap((encoded) => {
    const column = byName.get(encoded.column);
    if (!column) return [`has no column ${encoded.column}`];
    const fits = FITTING[encoded.kind](column);
    return fits ? [] : [`column ${encoded.column} is ${column.type}, and the model takes ${WANTED[encoded.kind]}`];
  });
  const named = targets.flatMap(({ column: name }) => {
    const column = byName.get(name);
    if (!column) return [`has no column ${name}, which the model predicts`];
    if (column.type === "text" || (!isClassifier && isCategorical(column.type)))
      return [`column ${name} is ${column.type}: no target`];
    return column.missing > 0 ? [`${name}, which the model predicts, is missing in ${column.missing} rows`] : [];
  });
  return [...features, ...named];
}

const isNumber = ({ type }: Column) => type === "number" || type === "integer";
const FITTING: Readonly<Record<EncodedColumn["kind"], (column: Column) => boolean>> = {
  numeric: isNumber,
  datetime: ({ type }) => type === "datetime",
  category: ({ type }) => isCategorical(type),
};
const WANTED = { numeric: "numbers", datetime: "datetimes", category: "labels" } as const;

/** The class of every row, or the one that the model does not know. */
function codesOf(
  { targets }: Preprocessing,
  { columns, values }: DatasetRows,
  classes: readonly string[],
): Int32Array | string {
  const name = targets[0]?.column ?? "";
  const column = columns.find((candidate) => candidate.name === name);
  const labels = column && isCategorical(column.type) ? column.categories : null;
  const places = new Map(classes.map((label, place) => [label, place]));
  const codes = Int32Array.from(
    values.get(name) ?? [],
    (value) => places.get(labels ? (labels[value] as string) : String(value)) ?? -1,
  );
  const unknown = codes.indexOf(-1);
  if (unknown < 0) return codes;
  const value = values.get(name)?.[unknown] as number;
  return `${name} is ${labels ? labels[value] : value} in row ${unknown + 1}, which is no class of the model`;
}
