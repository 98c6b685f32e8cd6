/** The options of a prediction request besides the rows. */
import { scoreAt } from "./conformal.ts";
import { decidedAnew } from "./decision.ts";
import type { Model, Prediction } from "./model.ts";

export interface AnswerOptions {
  /** Number of classes to return; null for all. */
  readonly topK: number | null;
  /** Replaces the model's threshold between two classes. */
  readonly threshold?: number | null | undefined;
  /** The probability with which the interval of a value, or the set of classes, holds the truth. */
  readonly interval?: number | null | undefined;
}

/** Applies another threshold to the labels of an answer, and adds intervals or sets, if requested. */
export function answerAsAsked<A extends { readonly predictions: readonly Prediction[] }>(
  answer: A,
  model: Pick<Model, "classes" | "conformal">,
  { threshold, interval }: Omit<AnswerOptions, "topK">,
): A {
  return withIntervals(decidedAnew(answer, model, threshold), model, interval);
}

/** The options of a request without options. */
export const NOTHING_ASKED: AnswerOptions = { topK: null };

/** Reads the options of a query or a body; `given` applies where it has none. */
export function optionsOf(
  asked: {
    readonly top_k?: number | undefined;
    readonly threshold?: number | undefined;
    readonly interval?: number | undefined;
  },
  given: AnswerOptions,
): AnswerOptions {
  const { top_k: topK = given.topK, threshold = given.threshold, interval = given.interval } = asked;
  return { topK, threshold, interval };
}

/**
 * An answer whose predictions have intervals or sets; the answer itself if no coverage is requested.
 *
 * @internal Exported for tests.
 */
export function withIntervals<A extends { readonly predictions: readonly Prediction[] }>(
  answer: A,
  model: Pick<Model, "conformal">,
  coverage: number | null | undefined,
): A {
  if (coverage === null || coverage === undefined || !model.conformal) return answer;
  const { rows, scores } = model.conformal;
  const margins = scores.map((each) => scoreAt(each, rows, coverage));
  return { ...answer, predictions: answer.predictions.map((prediction) => surrounded(prediction, margins)) };
}

function surrounded(prediction: Prediction, margins: readonly number[]): Prediction {
  if ("value" in prediction) {
    const values = [prediction.value].flat();
    return { ...prediction, intervals: values.map((value, at) => around(value, margins[at] as number)) };
  }
  const least = 1 - (margins[0] as number);
  const { probabilities, place } = prediction;
  // The most probable class and the answered one are always included: an empty set says nothing.
  const top = probabilities.reduce((best, probability, at) => (probability > (probabilities[best] as number) ? at : best), 0);
  const set = probabilities.flatMap((probability, at) => (probability >= least || at === place || at === top ? [at] : []));
  return { ...prediction, set };
}

const around = (value: number, margin: number): readonly [number, number] => [value - margin, value + margin];
