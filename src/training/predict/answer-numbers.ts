/** The numbers of an answer from a network's outputs: probabilities of classes, or values in the target's own units. */
import type { Model } from "../../domain/models/model.ts";
import { uncrossed } from "../../domain/quantiles.ts";
import { toOwnUnits } from "../data/target-units.ts";

type AnsweringModel = Pick<Model, "task" | "classes" | "preprocessing" | "outputWidth" | "quantiles">;

/**
 * The numbers of the answer for the outputs at `offset`: for classes the probability of each, for a regression a value for each target, for
 * quantiles each of them, ascending.
 */
export function answerNumbers(model: AnsweringModel, outputs: Float32Array, offset: number): number[] {
  const { task, classes, preprocessing, outputWidth, quantiles } = model;
  const numbers: number[] = [];
  if (task !== "regression") {
    for (let index = 0; index < classes.length; index++) {
      const single = outputs[offset] as number;
      numbers.push(outputWidth === 1 ? (index === 0 ? 1 - single : single) : (outputs[offset + index] as number));
    }
    return numbers;
  }
  if (quantiles) {
    const scaling = preprocessing?.targets[0]?.scaling ?? null;
    for (const output of uncrossed(outputs, offset, outputWidth)) numbers.push(toOwnUnits(output, scaling));
    return numbers;
  }
  for (let column = 0; column < outputWidth; column++) {
    numbers.push(toOwnUnits(outputs[offset + column] as number, preprocessing?.targets[column]?.scaling ?? null));
  }
  return numbers;
}
