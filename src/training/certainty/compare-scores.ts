/** Compares two models on rows that neither was trained on: those that both jobs held out, or the rows of another data set. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { SeedSpread } from "../../domain/explanations/seeds.ts";
import { LEVEL } from "../../domain/models/intervals.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ScoreComparison, ScoreComparisonResult } from "../../domain/models/score-comparison.ts";
import type { ScoredModel } from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { loadData } from "../data/data.ts";
import { columnValues, type Predicted, scoredOutputs } from "../evaluate/evaluate.ts";
import { predictDataset } from "../evaluate/evaluate-dataset.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { MIN_ROWS } from "./intervals.ts";
import { type PairedSide, pairFigures } from "./paired.ts";

/** The part of a model that counts here. */
type Named = Pick<Model, "name" | "version" | "classes" | "preprocessing">;

interface Side {
  readonly model: Named;
  readonly predicted: Predicted;
  readonly seeds: SeedSpread | null;
}

/** Compares two models on the rows that both jobs held out: the test part of both, or else the validation part of both. */
export function compareHeldOut(a: ScoredModel, b: ScoredModel): ScoreComparisonResult {
  const sides = [a, b].map(({ model, weights, run, seeds }) => {
    const { test, validation, parts } = loadData(run);
    const part = test ? ("test" as const) : ("validation" as const);
    const table = test ?? validation;
    if (!table) return { missing: nameOf(model) };
    const { rows, features, targets, actual } = table;
    const inference = createInference(model, weights, [BLOCK]);
    const outputs = scoredOutputs(inference.outputs(features, rows), model.quantiles);
    inference.release();
    return {
      part,
      numbers: parts[part],
      model,
      seeds,
      predicted: { rows, outputs, targets, actual, threshold: model.threshold },
    };
  });
  const [first, second] = sides as [(typeof sides)[number], (typeof sides)[number]];
  if ("missing" in first) return refused(`the job of ${first.missing} held no rows out`);
  if ("missing" in second) return refused(`the job of ${second.missing} held no rows out`);
  const isSame =
    first.part === second.part &&
    first.numbers.length === second.numbers.length &&
    first.numbers.every((row, at) => row === second.numbers[at]);
  if (!isSame)
    return refused(
      `their jobs held out different rows (${first.predicted.rows} of ${nameOf(first.model)}, ${second.predicted.rows} of ${nameOf(second.model)})`,
    );
  // Rows of one data set may have different columns for each; generated and inline rows are the same only as a whole.
  const [ofA, ofB] = [a.model.receipt.data, b.model.receipt.data];
  const areOfSets = ofA?.source === "dataset" && ofB?.source === "dataset";
  if (!areOfSets && ofA?.sha256 !== ofB?.sha256) return refused("they were trained on different data");
  return compare(first, second, first.part);
}

/** Compares two models on every row of a data set that has a target. */
export function compareOnDataset(
  a: { readonly model: Model; readonly weights: TensorSet },
  b: { readonly model: Model; readonly weights: TensorSet },
  dataset: DatasetRows,
): ScoreComparisonResult {
  const sides: Side[] = [];
  for (const { model, weights } of [a, b]) {
    const read = predictDataset(model, weights, dataset);
    if (!read.ok) return refused(`${nameOf(model)}: ${read.errors.map(({ detail }) => detail).join("; ")}`);
    // The spread over other seeds was measured on the rows that the jobs held out.
    sides.push({ model, predicted: read.predicted, seeds: null });
  }
  const [first, second] = sides as [Side, Side];
  return compare(first, second, "dataset");
}

function compare(a: Side, b: Side, part: ScoreComparison["part"]): ScoreComparisonResult {
  const { classes } = a.model;
  if (classes.length !== b.model.classes.length || classes.some((label, place) => label !== b.model.classes[place]))
    return refused("they predict different classes");
  const { rows } = a.predicted;
  if (rows !== b.predicted.rows || !sameAnswers(a, b)) return refused("the rows that both predict have different answers");
  if (rows < MIN_ROWS) return refused(`${rows} rows are too few to tell chance: ${MIN_ROWS} are the least`);
  const figures = pairFigures(pairedSide(a), pairedSide(b), classes.length);
  const seeds = {
    ...(a.seeds && { a: a.seeds.seeds.length }),
    ...(b.seeds && { b: b.seeds.seeds.length }),
  };
  return { ok: true, comparison: { rows, part, level: LEVEL, figures, ...((a.seeds || b.seeds) && { seeds }) } };
}

/** Whether the true value of each row is the same for both. */
function sameAnswers(a: Side, b: Side): boolean {
  if (a.model.classes.length > 0) return a.predicted.targets.every((label, row) => label === b.predicted.targets[row]);
  const width = a.predicted.outputs.length / a.predicted.rows;
  if (width !== b.predicted.outputs.length / b.predicted.rows) return false;
  return Array.from({ length: width }, (_, column) => column).every((column) => {
    const [ofA, ofB] = [pairedSide(a), pairedSide(b)].map(
      ({ predicted, scalings }) => columnValues(predicted, scalings, column).actual,
    ) as [Float64Array, Float64Array];
    return ofA.every((value, row) => value === ofB[row]);
  });
}

const pairedSide = ({ model, predicted, seeds }: Side): PairedSide => ({
  predicted,
  seeds,
  scalings: (model.preprocessing?.targets ?? []).map(({ scaling }) => scaling),
});

const nameOf = ({ name, version }: Pick<Named, "name" | "version">): string => `${name}@${version}`;

const refused = (reason: string): ScoreComparisonResult => ({ ok: false, reason });
