/**
 * Compares an old model and a new one on rows of a new table that neither was trained on: those that the new one's job held out, without
 * those whose values equal a training row of the old one. Rows are compared by their values, because a row of the new table has no number
 * in the old one.
 */
import { type Column, type ColumnValues, type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import { packTexts, type TextValues, textsOf } from "../../domain/datasets/texts.ts";
import type { Model } from "../../domain/models/model.ts";
import type { FreshComparisonResult } from "../../domain/models/score-comparison.ts";
import type { ScoredModel, TrainingRun } from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { partsOf } from "../data/parts-of.ts";
import { compareOnDataset } from "./compare-scores.ts";

/** A model, and the run that trained it; null if its rows are gone. */
export interface OldModel {
  readonly model: Model;
  readonly weights: TensorSet;
  readonly run: TrainingRun | null;
}

/** Compares them: `a` is the old one. Both runs need the columns that their models read and predict, and those that split them. */
export function compareFresh(
  old: OldModel,
  { model, weights, run }: Pick<ScoredModel, "model" | "weights" | "run">,
): FreshComparisonResult {
  const { dataset } = run;
  if (!dataset) return { ok: false, reason: "the new model was not trained on a data set", seen: null };
  const { parts } = partsOf(run);
  const held = parts.test.length > 0 ? parts.test : parts.validation;
  if (held.length === 0) return { ok: false, reason: "the job of the new model held no rows out", seen: null };
  const names = [model, old.model].flatMap(({ preprocessing }) =>
    [...(preprocessing?.columns ?? []), ...(preprocessing?.targets ?? [])].map(({ column }) => column),
  );
  const rows = old.run?.dataset ? unseenOf(held, dataset, old.run, [...new Set(names)]) : held;
  const seen = old.run?.dataset ? held.length - rows.length : null;
  if (rows.length === 0) return { ok: false, reason: "every held-out row of the new table has trained the old model", seen };
  return { ...compareOnDataset(old, { model, weights }, takeRows(dataset, rows)), seen };
}

/** Which rows of a table have values that no training row of another model has. */
function unseenOf(held: Int32Array, dataset: DatasetRows, old: TrainingRun, names: readonly string[]): Int32Array<ArrayBuffer> {
  const table = old.dataset as DatasetRows;
  const shared = names.filter((name) => [dataset, table].every(({ values }) => values.has(name)));
  const { parts } = partsOf(old);
  // Rows held out there trained nothing: in a job without a test part, validation only stopped it.
  const heldOut = new Set(parts.test.length > 0 ? parts.test : parts.validation);
  const trained = new Set<number>();
  const keyOfOld = rowKeys(table, shared);
  for (const part of [parts.train, parts.validation]) for (const row of part) if (!heldOut.has(row)) trained.add(keyOfOld(row));
  const keyOf = rowKeys(dataset, shared);
  return held.filter((row) => !trained.has(keyOf(row)));
}

/**
 * Hashes the values of a row to 53 bits: with a million rows, one in nine billion others is mistaken for one of them, and then left out. A
 * label counts by its text, whatever its index in the table.
 */
function rowKeys({ columns, values }: DatasetRows, names: readonly string[]): (row: number) => number {
  const readers = names.map((name) =>
    wordsOf(columns.find((column) => column.name === name) as Column, values.get(name) as ColumnValues),
  );
  return (row) => {
    let [a, b] = [0x811c9dc5, 0x9e3779b9];
    for (const read of readers) {
      const [low, high] = read(row);
      a = mix(mix(a, low), high);
      b = mix(mix(b, high), low ^ 0x5bd1e995);
    }
    return (a >>> 0) * 2 ** 21 + (b >>> 11);
  };
}

/** Murmur's step and finish: every bit of the word reaches every bit of the hash. */
function mix(hash: number, word: number): number {
  let next = Math.imul(hash ^ word, 0xcc9e2d51);
  next = Math.imul(next ^ (next >>> 15), 0x1b873593);
  return next ^ (next >>> 13);
}

type Words = readonly [low: number, high: number];

/** Two words of 32 bits for the value of each row. */
function wordsOf(column: Column, given: ColumnValues): (row: number) => Words {
  if (column.type === "text") {
    const texts = textsOf(given as TextValues);
    return (row) => wordsOfText(texts[row] ?? "");
  }
  if (isCategorical(column.type)) {
    const words = (column.categories ?? []).map(wordsOfText);
    const missing = wordsOfText("");
    return (row) => words[given[row] as number] ?? missing;
  }
  const float = new Float64Array(1);
  const bits = new Int32Array(float.buffer);
  return (row) => {
    const value = given[row] as number;
    // One zero, and one NaN.
    float[0] = value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value;
    return [bits[0] as number, bits[1] as number];
  };
}

function wordsOfText(text: string): Words {
  let [a, b] = [0x811c9dc5, 0x85ebca6b];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = mix(a, unit);
    b = mix(b, unit + 0x10001);
  }
  return [a, b];
}

/** The table of some rows of a table. */
function takeRows(dataset: DatasetRows, rows: Int32Array): DatasetRows {
  const values = new Map<string, ColumnValues>();
  for (const [name, given] of dataset.values)
    values.set(
      name,
      take(
        dataset.columns.find((column) => column.name === name),
        given,
        rows,
      ),
    );
  return { ...dataset, rows: rows.length, values };
}

function take(column: Column | undefined, given: ColumnValues, rows: Int32Array): ColumnValues {
  if (column?.type === "text") {
    const texts = textsOf(given as TextValues);
    return packTexts(Array.from(rows, (row) => texts[row] ?? null));
  }
  const taken = given instanceof Int32Array ? new Int32Array(rows.length) : new Float64Array(rows.length);
  rows.forEach((row, place) => {
    taken[place] = given[row] as number;
  });
  return taken;
}
