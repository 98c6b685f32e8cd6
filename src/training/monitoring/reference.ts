/** Counts the training rows of a finished model, and its answers to held-out rows, as the reference for later rows. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn, Preprocessing } from "../../domain/datasets/preprocessing.ts";
import { chooseClass } from "../../domain/models/decision.ts";
import { binCount, binOf, layoutOf } from "../../domain/monitoring/layout.ts";
import {
  type AnswerPart,
  type ColumnReference,
  edgesOf,
  MAX_COLUMNS,
  MAX_LABELS,
  MAX_TARGETS,
  type MonitoringReference,
} from "../../domain/monitoring/reference.ts";
import type { TrainedModel, TrainingRun } from "../../domain/ports.ts";
import { valuePlace } from "../../domain/quantiles.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { encodeRows, loadTable, splitDataset, splitTable } from "../data/data.ts";
import type { Parts } from "../data/split.ts";
import { type Table, takeRows } from "../data/table.ts";
import { textReader } from "../data/text/column-texts.ts";
import { answerNumbers } from "../predict/answer-numbers.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { textLength } from "../predict/instances.ts";

/** Maximum counted rows of a part, drawn by the seed: the test accounts for the resulting error. */
const MAX_ROWS = 20_000;
/** Maximum predicted rows, and approximate maximum multiply-adds for them. */
const MAX_ANSWERS = 4000;
const MAX_WORK = 2e9;
/** Minimum held-out rows for a comparison of answers. */
const MIN_HELD_OUT = 50;

/** Describes the rows of a run and its model's answers. The same run and model give the same reference. */
export function referenceOf(run: TrainingRun, model: TrainedModel, weights: TensorSet): MonitoringReference {
  const { spec, classes } = run.job;
  const rows = "dataset" in spec.data ? datasetRows(run, model) : tableRows(run);
  const draw = (part: Int32Array, most: number) => drawn(part, most, spec.seed);
  const train = draw(rows.parts.train, MAX_ROWS);
  const columns = rows.columns.slice(0, MAX_COLUMNS).map((values) => values(train));
  const part = (["test", "validation"] as const).find((name) => rows.parts[name].length >= MIN_HELD_OUT) ?? "train";
  const asked = draw(rows.parts[part], Math.max(1, Math.min(MAX_ANSWERS, Math.floor(MAX_WORK / (1 + model.parameters)))));
  const answers = answersTo({ ...model, classes }, weights, rows.tableOf(asked));
  return {
    rows: train.length,
    columns,
    answers: { part: part satisfies AnswerPart, rows: asked.length, columns: answers },
  };
}

/** The rows of a job: each column's values at some rows, and rows as the network takes them. */
interface MonitoredRows {
  readonly parts: Parts;
  readonly columns: readonly ((rows: Int32Array) => ColumnReference)[];
  tableOf(rows: Int32Array): Table;
}

function datasetRows(run: TrainingRun, { preprocessing }: TrainedModel): MonitoredRows {
  const loaded = run.dataset as DatasetRows;
  const fitted = preprocessing as Preprocessing;
  const { parts, codes } = splitDataset(run, loaded);
  return {
    parts,
    columns: fitted.columns.map((column) => {
      const at = valueAt(column, loaded);
      return (rows) => (column.kind === "category" ? labelReference(column.categories, rows, at) : numberReference(rows, at));
    }),
    tableOf: (rows) => encodeRows(loaded, fitted, codes, null, rows),
  };
}

/** The value of a column in a row, as the reader of predictions gives it. */
function valueAt(column: EncodedColumn, { columns, values }: DatasetRows): (row: number) => number {
  const own = columns.find(({ name }) => name === column.column);
  const found = values.get(column.column);
  if (!own || !found) throw new Error(`the data set has no column ${column.column}`);
  if (column.kind === "text") {
    const textAt = textReader(own, found);
    return (row) => textLength(textAt(row));
  }
  if (column.kind !== "category") return (row) => found[row] as number;
  const places = (own.categories ?? []).map((label) => column.categories.indexOf(label));
  return (row) => {
    const code = found[row] as number;
    return code < 0 ? Number.NaN : (places[code] as number);
  };
}

function tableRows(run: TrainingRun): MonitoredRows {
  const table = loadTable(run);
  const { features, featureWidth } = table;
  return {
    parts: splitTable(run, table),
    columns: Array.from(
      { length: featureWidth },
      (_, column) => (rows) => numberReference(rows, (row) => features[row * featureWidth + column] as number),
    ),
    tableOf: (rows) => takeRows(table, rows),
  };
}

function drawn(rows: Int32Array, most: number, seed: number): Int32Array {
  if (rows.length <= most) return rows;
  const places = createRandom(streamKey(seed, "monitoring/rows")).permutation(rows.length).subarray(0, most).sort();
  return Int32Array.from(places, (place) => rows[place] as number);
}

function numberReference(rows: Int32Array, at: (row: number) => number): ColumnReference {
  const values = Float64Array.from(rows, at);
  const edges = edgesOf(values.filter((value) => !Number.isNaN(value)));
  return { edges, counts: countsOf({ edges }, [], values) };
}

function labelReference(all: readonly string[], rows: Int32Array, at: (row: number) => number): ColumnReference {
  const places = Float64Array.from(rows, at);
  const frequency = new Float64Array(all.length);
  for (const place of places) if (place >= 0) frequency[place] = (frequency[place] as number) + 1;
  const labels = all
    .map((_, place) => place)
    .sort((a, b) => (frequency[b] as number) - (frequency[a] as number) || a - b)
    .slice(0, MAX_LABELS)
    .sort((a, b) => a - b)
    .map((place) => all[place] as string);
  return { labels, counts: countsOf({ labels }, all, places) };
}

/** Counts values in the same bins, by the same function, as later values. */
function countsOf(bins: Pick<ColumnReference, "edges" | "labels">, all: readonly string[], values: Float64Array): number[] {
  const counts = new Array<number>(binCount(bins)).fill(0);
  const answers = { part: "train", rows: 0, columns: [{ ...bins, counts }] } as const;
  const reference = { rows: 0, columns: [], answers };
  const column = layoutOf({ preprocessing: null, inputWidth: 0, classes: all, reference })?.answers[0];
  if (!column) throw new Error("a layout has the columns of its reference");
  for (const value of values) {
    const bin = binOf(column, value);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** The answers of a model to some rows: its classes, or the values of each target. */
function answersTo(model: TrainedModel, weights: TensorSet, { features, rows }: Table): ColumnReference[] {
  const inference = createInference(model, weights, [BLOCK]);
  const outputs = inference.outputs(features, rows);
  inference.release();
  const { classes, outputWidth, quantiles, threshold } = model;
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  if (classes.length > 0)
    return [labelReference(classes, all, (row) => chooseClass(outputs, row * outputWidth, outputWidth, threshold))];
  const numbers = Array.from(all, (row) => answerNumbers(model, outputs, row * outputWidth));
  const targets = quantiles ? [valuePlace(quantiles)] : Array.from({ length: Math.min(outputWidth, MAX_TARGETS) }, (_, t) => t);
  return targets.map((target) => numberReference(all, (row) => numbers[row]?.[target] ?? Number.NaN));
}
