/** Explains predictions of a compiled model: divides each answer among the columns of its row. */
import { type Background, type Explanation, numberCount, planExplanation } from "../../domain/explanations/explanation.ts";
import type { Model } from "../../domain/models/model.ts";
import { columnGroups } from "../evaluate/evaluate-model.ts";
import type { Inference } from "../predict/inference.ts";
import { rowMultiplyAdds } from "../predict/row-work.ts";
import { createComposites } from "./composites.ts";
import { shapleyValues } from "./shapley.ts";

/** What an explanation needs of a request besides its rows. */
export interface ExplainOptions {
  /** The number of background rows requested; there may be fewer. The limits of a request depend on it. */
  readonly askedRows: number;
  /** Pairs of permutations for each background row; null for all coalitions, or a number that fits the model. */
  readonly samples: number | null;
  readonly seed: number;
}

/** An explanation for each row of `features`, [rows, inputWidth]. */
export function explainRows(
  model: Model,
  inference: Inference,
  features: Float32Array,
  background: Background,
  { askedRows, samples, seed }: ExplainOptions,
): Explanation[] {
  const { inputWidth } = model;
  const groups = columnGroups(model.preprocessing, inputWidth);
  const numbers = numberCount(model);
  const { pairs } = planExplanation({ ...model, multiplyAdds: rowMultiplyAdds(model) }, askedRows, samples);
  const composites = createComposites(model, inference);
  const base = meanAnswer(background, inputWidth, numbers, composites);
  return Array.from({ length: features.length / inputWidth }, (_, index) => {
    const row = features.subarray(index * inputWidth, (index + 1) * inputWidth);
    const question = { groups, row, background: background.features, numbers, pairs, seed };
    const { values, errors } = shapleyValues(question, composites);
    return { base, contributions: values, errors, permutations: pairs && 2 * pairs * background.rows };
  });
}

function meanAnswer(
  { rows, features }: Background,
  width: number,
  numbers: number,
  composites: ReturnType<typeof createComposites>,
): Float64Array {
  const sums = new Float64Array(numbers);
  for (let row = 0; row < rows; row++) {
    const offset = composites.begin((answer) => {
      for (let at = 0; at < numbers; at++) sums[at] = (sums[at] as number) + (answer[at] as number);
    });
    composites.x.set(features.subarray(row * width, (row + 1) * width), offset);
  }
  composites.flush();
  return sums.map((sum) => sum / rows);
}
