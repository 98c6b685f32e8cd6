/** Chooses the class of a row from its probabilities: the only place where a label is chosen. */
import { DEFAULT_THRESHOLD } from "../spec/decision-options.ts";
import type { ClassPrediction, Model, Prediction } from "./model.ts";

/**
 * The index of the class of a row, for the `width` probabilities at `offset`: one for each class, or the second's alone. With two classes
 * it is the second if its probability is above `threshold`. Otherwise it is the most probable one; of equal ones the first.
 */
export function chooseClass(
  probabilities: ArrayLike<number>,
  offset: number,
  width: number,
  threshold: number = DEFAULT_THRESHOLD,
): number {
  if (width === 1) return (probabilities[offset] as number) > threshold ? 1 : 0;
  // Two float32 probabilities may sum to a little less than 1: at the default, the greater one wins, as in argmax.
  if (width === 2 && threshold !== DEFAULT_THRESHOLD) return (probabilities[offset + 1] as number) > threshold ? 1 : 0;
  let best = 0;
  for (let place = 1; place < width; place++)
    if ((probabilities[offset + place] as number) > (probabilities[offset + best] as number)) best = place;
  return best;
}

/**
 * The same prediction with the label that another threshold gives.
 *
 * @internal Exported for tests.
 */
export function decidedBy(
  prediction: ClassPrediction,
  { classes }: Pick<Model, "classes">,
  threshold: number,
): ClassPrediction {
  const { probabilities } = prediction;
  const place = chooseClass(probabilities, 0, probabilities.length, threshold);
  return { ...prediction, place, label: classes[place] as string, probability: probabilities[place] as number };
}

/** Applies the threshold of a request to an answer; returns the answer itself if there is none. */
export function decidedAnew<A extends { readonly predictions: readonly Prediction[] }>(
  answer: A,
  model: Pick<Model, "classes">,
  threshold: number | null | undefined,
): A {
  if (threshold === null || threshold === undefined) return answer;
  const decide = (prediction: Prediction) => ("label" in prediction ? decidedBy(prediction, model, threshold) : prediction);
  return { ...answer, predictions: answer.predictions.map(decide) };
}

/** The threshold of a model; null unless it has two classes. */
export function thresholdOf({ classes, threshold }: Pick<Model, "classes" | "threshold">): number | null {
  return classes.length === 2 ? (threshold ?? DEFAULT_THRESHOLD) : null;
}
