/**
 * The best average of a search so far, and its predictions for rows without a part in its selection. Weights and temperature are chosen on
 * out-of-fold predictions, so a score on those same rows is better than on future rows.
 */

import type { Member } from "./average.ts";
import { type Answers, fitTemperature, type Metric, objectiveOf } from "./objective.ts";
import type { Candidate } from "./portfolio.ts";
import type { SearchState } from "./search-state.ts";
import { selectGreedily } from "./selection.ts";
import { type Search, scalingsOf } from "./trial-training.ts";

/** The best average of a state. */
export interface Average {
  readonly members: readonly Member[];
  /** The weight of each trial in it, by the trial's number. */
  readonly shares: ReadonlyMap<number, number>;
  /** Its objective on the rows that chose it: lower is better. */
  readonly value: number;
  readonly temperature: number;
  /** Raw outputs for the held-out rows, divided by the temperature. */
  readonly outputs: Float32Array<ArrayBuffer>;
}

/** Into how many parts the held-out rows of a single fold are divided. */
const PARTS = 5;

/** The best average of the trained candidates; null while there is none. */
export function averageOfState(search: Search, { networks }: SearchState): Average | null {
  if (networks.length === 0) return null;
  const { answers, candidates } = search;
  const { weights, temperature, outputs, value } = selectOn(
    search,
    networks.map((own) => own.outputs),
    answers,
  );
  const chosen = networks.flatMap((own, index) => {
    const share = weights[index] as number;
    return share > 0 ? [{ own, share }] : [];
  });
  return {
    members: chosen.map(({ own, share }) => ({
      candidate: candidates[own.trial - 1] as Candidate,
      networks: own,
      weight: share / temperature,
    })),
    shares: new Map(chosen.map(({ own, share }) => [own.trial, share])),
    value,
    temperature,
    outputs,
  };
}

/**
 * Raw outputs for the held-out rows, [rows, outputs], each part of them by the average that the other parts select. A part is a fold, or a
 * fifth of the rows if there is only one fold. Throws a RangeError for a state without networks.
 */
export function crossFittedOutputs(search: Search, { networks }: SearchState): Float32Array<ArrayBuffer> {
  const { answers, folds } = search;
  const { width } = answers;
  const outputs = new Float32Array(answers.rows * width);
  for (const { from, to } of partsOf(folds.map(({ validation }) => validation.length))) {
    const without = (values: Float32Array, width: number) => joinedWithout(values, from * width, to * width);
    const rest: Answers = {
      rows: answers.rows - (to - from),
      width,
      targets: without(answers.targets, answers.targets.length / answers.rows),
      weights: answers.weights && without(answers.weights, 1),
    };
    const { weights, temperature } = selectOn(
      search,
      networks.map((own) => without(own.outputs, width)),
      rest,
    );
    const own = weighted(
      networks.map((each) => each.outputs.subarray(from * width, to * width)),
      weights,
    );
    outputs.set(
      own.map((value) => value / temperature),
      from * width,
    );
  }
  return outputs;
}

/** Selects by predictions of rows and their answers. */
function selectOn({ spec, data }: Search, predictions: readonly Float32Array[], answers: Answers) {
  const { members: most, metric, audit } = spec.model.auto;
  // Doubtful labels choose nothing; otherwise the networks that repeat their errors would count the most.
  if (audit) return equally(predictions, answers, objectiveOf(metric, spec.task));
  const objective = objectiveOf(metric, spec.task, scalingsOf(data));
  const { weights } = selectGreedily(predictions, most, (average) => objective(average, answers));
  const average = weighted(predictions, weights);
  const temperature = spec.task === "regression" ? 1 : fitTemperature(average, answers);
  const outputs = average.map((value) => value / temperature);
  return { weights, temperature, outputs, value: objective(outputs, answers) };
}

/** All candidates with equal weight, as they are. */
function equally(predictions: readonly Float32Array[], answers: Answers, objective: Metric) {
  const weights = predictions.map(() => 1 / predictions.length);
  const outputs = weighted(predictions, weights);
  return { weights, temperature: 1, outputs, value: objective(outputs, answers) };
}

/** The weighted sum of arrays of equal length. */
function weighted(arrays: readonly Float32Array[], weights: readonly number[]): Float32Array<ArrayBuffer> {
  const sum = new Float32Array((arrays[0] as Float32Array).length);
  for (const [index, values] of arrays.entries()) {
    const weight = weights[index] as number;
    if (weight === 0) continue;
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + weight * (values[at] as number);
  }
  return sum;
}

/** The bounds of the parts among rows that stand fold after fold. */
function partsOf(folds: readonly number[]): { readonly from: number; readonly to: number }[] {
  const rows = folds.reduce((total, length) => total + length, 0);
  const count = Math.min(PARTS, rows);
  const lengths =
    folds.length > 1
      ? folds
      : Array.from({ length: count }, (_, part) => Math.floor(((part + 1) * rows) / count) - Math.floor((part * rows) / count));
  let to = 0;
  return lengths.map((length) => {
    to += length;
    return { from: to - length, to };
  });
}

function joinedWithout(values: Float32Array, from: number, to: number): Float32Array {
  const rest = new Float32Array(values.length - (to - from));
  rest.set(values.subarray(0, from));
  rest.set(values.subarray(to), from);
  return rest;
}
