/** Background rows: from a job's data, which training rows they are, and their features; or rows from a request. */
import { createValueReader } from "../../domain/datasets/column-reader.ts";
import type { ColumnValues, DatasetRows } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn } from "../../domain/datasets/preprocessing.ts";
import type { FieldError } from "../../domain/errors.ts";
import { type Background, type ChosenBackground, columnCount } from "../../domain/explanations/explanation.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { encodeRows, loadTable, splitDataset, splitTable } from "../data/data.ts";
import { takeRows } from "../data/table.ts";
import { createRowReader, readInstances } from "../predict/instances.ts";

/** Chooses `count` of the training rows, or all if there are fewer, by a seed. Needs only the columns of a data set that split it. */
export function chooseBackground(run: TrainingRun, count: number, seed: number): ChosenBackground {
  if ("dataset" in run.job.spec.data) {
    const { parts } = splitDataset(run, run.dataset as DatasetRows);
    return { numbers: someOf(parts.train, count, seed) };
  }
  const table = loadTable(run);
  const { rows, features, featureWidth } = takeRows(table, someOf(splitTable(run, table).train, count, seed));
  const ranges = Array.from({ length: featureWidth }, (_, column) =>
    rangeOf(Array.from({ length: rows }, (_, row) => features[row * featureWidth + column] as number)),
  );
  return { background: { rows, features, ranges: Float64Array.from(ranges.flat()) } };
}

/** `count` of the rows, in their order. */
function someOf(rows: Int32Array, count: number, seed: number): Int32Array<ArrayBuffer> {
  if (rows.length <= count) return Int32Array.from(rows);
  const order = createRandom(streamKey(seed, "background")).permutation(rows.length);
  return Int32Array.from(order.subarray(0, count), (place) => rows[place] as number).sort();
}

/** The rows `numbers` of some columns of a data set, as the model reads them. The values of these columns must be loaded. */
export function encodeBackground(columns: readonly EncodedColumn[], dataset: DatasetRows, numbers: Int32Array): Background {
  const { features, rows } = encodeRows(dataset, { columns: [...columns], targets: [], ignored: [] }, null, null, numbers);
  const ranges = columns.flatMap(({ kind, column }) => {
    if (kind === "category" || kind === "text") return [Number.NaN, Number.NaN];
    const values = dataset.values.get(column) as ColumnValues;
    return rangeOf(Array.from(numbers, (row) => values[row] as number));
  });
  return { rows, features, ranges: Float64Array.from(ranges) };
}

/** Background rows from a request, or their errors. Errors have pointers below `pointer`. */
export function readBackground(
  model: Model,
  instances: readonly unknown[],
  pointer: string,
): Background | readonly FieldError[] {
  const { features, errors } = readRows(model, instances, pointer);
  if (errors.length > 0) return errors;
  const columns = model.preprocessing?.columns ?? null;
  const ranges = Array.from({ length: columnCount(model) }, (_, place) => {
    const column = columns?.[place];
    if (!columns) return rangeOf(instances.map((_, row) => features[row * model.inputWidth + place] as number));
    if (column?.kind !== "numeric" && column?.kind !== "datetime") return [Number.NaN, Number.NaN];
    const read = createValueReader(column);
    const rawOf = (row: unknown) =>
      Array.isArray(row) ? row[place] : (row as Readonly<Record<string, unknown>>)[column.column];
    return rangeOf(instances.map((row) => Number(read(rawOf(row)))));
  });
  return { rows: instances.length, features, ranges: Float64Array.from(ranges.flat()) };
}

/** The rows, encoded; their errors have pointers below `pointer`. */
export function readRows(
  model: Model,
  instances: readonly unknown[],
  pointer: string,
): { readonly features: Float32Array<ArrayBuffer>; readonly errors: readonly FieldError[] } {
  const features = new Float32Array(instances.length * model.inputWidth);
  const errors = readInstances(
    createRowReader(model, () => undefined),
    instances,
    model.inputWidth,
    features,
  );
  return { features, errors: errors.map((error) => ({ ...error, pointer: error.pointer.replace("/instances", pointer) })) };
}

/** Least and greatest; NaN if all values are missing. */
function rangeOf(values: readonly number[]): [number, number] {
  const present = values.filter((value) => !Number.isNaN(value));
  return present.length > 0 ? [Math.min(...present), Math.max(...present)] : [Number.NaN, Number.NaN];
}
