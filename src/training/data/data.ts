/** The rows of a job, ready to train on: loaded, split, and, for a data set, preprocessed with what was fitted on its training part. */
import { type Column, type ColumnValues, type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn, Preprocessing } from "../../domain/datasets/preprocessing.ts";
import { splitWithRows } from "../../domain/jobs/named-rows.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { Preprocess } from "../../domain/spec/preprocess-options.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { formOf } from "../../domain/spec/split.ts";
import { type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { rowsWithTargets } from "./dataset-columns.ts";
import { columnEncoder, textColumnEncoder } from "./encode-columns.ts";
import { layoutOf } from "./encoding.ts";
import { fitColumn, fitTargetScaling, planColumns } from "./fit-columns.ts";
import { generate } from "./generate.ts";
import { PAYLOAD } from "./source.ts";
import { type Parts, type SplitResult, splitColumn, splitPresent, splitRows } from "./split.ts";
import { type Table, takeRows } from "./table.ts";
import { toNetworkUnits } from "./target-units.ts";
import { textReader } from "./text/column-texts.ts";

export interface JobData {
  readonly train: Table;
  readonly validation: Table | null;
  readonly test: Table | null;
  /** Null if rows are used as they are. */
  readonly preprocessing: Preprocessing | null;
  readonly dealtBy: DealtBy;
  /** The numbers of the rows of each part in the data. */
  readonly parts: Parts;
}

/** The groups or times of the training rows if the split uses them, for folds of these rows. */
export interface DealtBy {
  readonly groups: ColumnValues | null;
  readonly times: ColumnValues | null;
}

const DEALT_BY_CHANCE: DealtBy = { groups: null, times: null };

/** The groups or times that split the rows `train`. */
function dealtBy({ split }: Pick<ResolvedSpec, "split">, dataset: DatasetRows, train: Int32Array): DealtBy {
  const form = split && formOf(split).form;
  const values = form === "group" || form === "time" ? splitColumn(split, dataset)?.values : null;
  if (!values) return DEALT_BY_CHANCE;
  const at = (row: number) => values[row] as number;
  const own = values instanceof Int32Array ? Int32Array.from(train, at) : Float64Array.from(train, at);
  return form === "group" ? { groups: own, times: null } : { groups: null, times: own };
}

/** What determines how the rows of a job are split. */
interface SplitRun {
  readonly job: Pick<TrainingRun["job"], "spec" | "classes">;
  readonly payload: TrainingRun["payload"];
}

/** The data of a run. The same spec, rows and seed give the same tables. `given` replaces the parts of the spec's split. */
export function loadData(run: TrainingRun, given: Parts | null = null): JobData {
  if ("dataset" in run.job.spec.data) return loadDataset(run, run.dataset as DatasetRows, given);
  return cutTable(loadTable(run), run, given);
}

/** The data of a job whose rows are a table, as `loadTable` returns it: split, and otherwise unchanged. */
export function cutTable(table: Table, run: SplitRun, given: Parts | null = null): JobData {
  const parts = given ?? splitTable(run, table);
  const part = (rows: Int32Array) => (rows.length === 0 ? null : takeRows(table, rows));
  const train = parts.train.length === table.rows ? table : takeRows(table, parts.train);
  const heldOut = { validation: part(parts.validation), test: part(parts.test) };
  return { train, ...heldOut, preprocessing: null, dealtBy: DEALT_BY_CHANCE, parts };
}

/** Which rows of a table train; the spec was checked before. */
export function splitTable(
  { job: { spec, classes }, payload }: SplitRun,
  { rows, targets }: Pick<Table, "rows" | "targets">,
): Parts {
  const { seed } = spec;
  const split = splitWithRows(spec.split, payload);
  return partsOf(splitRows(rows, split, seed, { classes: classes.length > 0 ? targets : null, column: null }));
}

function partsOf(result: SplitResult): Parts {
  if (!result.ok) throw new Error(`a split that was checked fails: ${result.errors[0].detail}`);
  return result.parts;
}

/** The rows of a job with generated or inline data. Throws an Error for a data set, which must be encoded first. */
export function loadTable({ job, payload }: TrainingRun): Table {
  const { data } = job.spec;
  if ("generator" in data) return generate(data.generator);
  if (!("inline" in data)) throw new Error("a data set is not a table yet");
  const tensors = unpackTensors(payload as TensorSet);
  const { rows, features: featureWidth, targets: targetWidth } = data.inline;
  const tensor = (name: string) => tensors.get(name) as Float32Array<ArrayBuffer>;
  return {
    rows,
    featureWidth,
    targetWidth,
    features: tensor(PAYLOAD.features),
    targets: tensor(PAYLOAD.targets),
    actual: null,
    weights: null,
  };
}

function loadDataset({ job, payload }: TrainingRun, dataset: DatasetRows, given: Parts | null): JobData {
  const { spec } = job;
  const { features, target, weights } = (spec.data as Extract<ResolvedSpec["data"], { dataset: unknown }>).dataset;
  const split = splitDataset({ job: given ? { ...job, spec: { ...spec, split: null } } : job, payload }, dataset);
  const { codes } = split;
  const parts = given ?? split.parts;
  const byName = new Map(dataset.columns.map((column) => [column.name, column]));
  const own = features.flatMap((name) => byName.get(name) ?? []);
  const { columns, targets } = fittedOf(spec.preprocess) ?? fit(spec, own, target, dataset, parts.train, codes !== null);
  const used = new Set([...features, ...target]);
  const ignored = dataset.columns.map(({ name }) => name).filter((name) => !used.has(name));
  const preprocessing = { columns, targets, ignored };
  const part = (rows: Int32Array) => (rows.length === 0 ? null : encodeRows(dataset, preprocessing, codes, weights, rows));
  return {
    train: part(parts.train) as Table,
    validation: part(parts.validation),
    test: part(parts.test),
    preprocessing,
    dealtBy: given ? DEALT_BY_CHANCE : dealtBy(spec, dataset, parts.train),
    parts,
  };
}

type Fitted = Pick<Preprocessing, "columns" | "targets">;

/** The preprocessing that the job keeps from the model that it starts from; null if it fits its own. */
const fittedOf = (preprocess: ResolvedSpec["preprocess"]): Fitted | null =>
  preprocess && "fitted" in preprocess ? preprocess.fitted : null;

/** Fits the columns and the targets on the rows `train`. */
function fit(
  spec: ResolvedSpec,
  features: readonly Column[],
  target: readonly string[],
  dataset: DatasetRows,
  train: Int32Array,
  hasClasses: boolean,
): Fitted {
  const preprocess = spec.preprocess as Preprocess;
  const { plans } = planColumns(features, preprocess);
  return {
    columns: plans.map((plan) => fitColumn(plan, valuesOf(dataset, plan.column.name), train)),
    targets: target.map((column) => ({
      column,
      scaling: hasClasses ? null : fitTargetScaling(preprocess.target, valuesOf(dataset, column), train),
      ...(hasClasses && isNumericColumn(dataset, column) && { numeric: true as const }),
    })),
  };
}

const isNumericColumn = ({ columns }: DatasetRows, name: string): boolean =>
  columns.some((column) => column.name === name && (column.type === "number" || column.type === "integer"));

/** Classes of the rows of a data set, if it has classes, the rows with targets (null: all), and the training rows. */
export function splitDataset({ job: { spec, classes }, payload }: SplitRun, dataset: DatasetRows) {
  const { target } = (spec.data as Extract<ResolvedSpec["data"], { dataset: unknown }>).dataset;
  const codes = classes.length > 0 ? classCodes(dataset, target[0] as string, classes) : null;
  const split = splitWithRows(spec.split, payload);
  const sources = { classes: codes, column: splitColumn(split, dataset) };
  const columns = target.flatMap((name) => dataset.columns.find((column) => column.name === name) ?? []);
  const present = rowsWithTargets(columns, dataset);
  return { codes, present, parts: partsOf(splitPresent(present, dataset.rows, split, spec.seed, sources)) };
}

function columnOf({ columns }: DatasetRows, name: string): Column {
  const found = columns.find((column) => column.name === name);
  if (!found) throw new Error(`the data set has no column ${name}`);
  return found;
}

function valuesOf({ values }: DatasetRows, name: string) {
  const found = values.get(name);
  if (!found) throw new Error(`the values of column ${name} were not loaded`);
  return found;
}

/** Class of each row, as an index into `classes`. */
function classCodes(dataset: DatasetRows, name: string, classes: readonly string[]): Int32Array {
  const column = dataset.columns.find((candidate) => candidate.name === name);
  const categories = column && isCategorical(column.type) ? column.categories : null;
  const placeOf = new Map(classes.map((label, place) => [label, place]));
  const values = valuesOf(dataset, name);
  const codes = new Int32Array(values.length);
  const known = new Map<number, number>();
  for (let row = 0; row < codes.length; row++) {
    const value = values[row] as number;
    let place = known.get(value);
    if (place === undefined) {
      place = placeOf.get(categories ? (categories[value] as string) : String(value)) ?? -1;
      known.set(value, place);
    }
    codes[row] = place;
  }
  return codes;
}

/** Encodes rows column by column, so that their features stay in the cache. */
const BLOCK_ROWS = 256;

/** Rows of a data set as a network takes them. `codes` are the classes of its rows, `weights` names the column of row weights. */
export function encodeRows(
  dataset: DatasetRows,
  { columns, targets }: Preprocessing,
  codes: Int32Array | null,
  weights: string | null,
  rows: Int32Array,
): Table {
  const { offsets, width } = layoutOf(columns);
  const features = new Float32Array(rows.length * width);
  const encoders = columns.map((column) => {
    const values = valuesOf(dataset, column.column);
    if (column.kind === "text") return textColumnEncoder(column, textReader(columnOf(dataset, column.column), values));
    return columnEncoder(column, values, categoryPositions(dataset, column));
  });
  for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
    const to = Math.min(from + BLOCK_ROWS, rows.length);
    encoders.forEach((encode, index) => {
      encode(rows, from, to, features, offsets[index] as number, width);
    });
  }
  const targetWidth = targets.length;
  const encoded = new Float32Array(rows.length * targetWidth);
  const actual = codes ? null : new Float64Array(rows.length * targetWidth);
  targets.forEach(({ column, scaling }, index) => {
    const values = codes ?? valuesOf(dataset, column);
    for (let row = 0; row < rows.length; row++) {
      const value = values[rows[row] as number] as number;
      encoded[row * targetWidth + index] = toNetworkUnits(value, scaling);
      if (actual) actual[row * targetWidth + index] = value;
    }
  });
  const rowWeights = weights === null ? null : meanOne(valuesOf(dataset, weights), rows);
  return { rows: rows.length, featureWidth: width, targetWidth, features, targets: encoded, actual, weights: rowWeights };
}

/** The weights of rows, scaled to a mean of 1; all equal if the sum is 0. */
export function meanOne(values: ArrayLike<number>, rows: Int32Array): Float32Array<ArrayBuffer> {
  const total = rows.reduce((sum, row) => sum + (values[row] as number), 0);
  return Float32Array.from(rows, (row) => (total > 0 ? ((values[row] as number) * rows.length) / total : 1));
}

/** From a code of the data set's column to the index among the fitted categories: -1 if it has none. Null for numbers. */
function categoryPositions({ columns }: DatasetRows, encoded: EncodedColumn): number[] | null {
  if (encoded.kind !== "category") return null;
  const categories = columns.find(({ name }) => name === encoded.column)?.categories ?? [];
  return categories.map((label) => encoded.categories.indexOf(label));
}
