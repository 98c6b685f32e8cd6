/**
 * Explanations as the JSON text of the API. Numbers that explain an answer have the form of the answer: `value` (and `quantiles`) of a
 * regression, `probabilities` of classes.
 */
import type { Model, Prediction } from "../models/model.ts";
import { numberText, placesOfTop, predictionWriter, valueText } from "../models/prediction-json.ts";
import { valuePlace } from "../quantiles.ts";
import type { Explanation } from "./explanation.ts";

type AnsweringModel = Pick<Model, "classes" | "preprocessing" | "quantiles">;

/** Writes numbers of an answer, those from `offset` on, as members of a JSON object, without its braces. */
export type NumbersWriter = (numbers: ArrayLike<number>, offset: number) => string;

/** Returns the writer of a model's numbers; for classes only those at `places`, in the model's order. */
export function numbersWriter(
  { classes, quantiles }: AnsweringModel,
  numbers: number,
  places?: readonly number[],
): NumbersWriter {
  if (classes.length > 0) {
    const shown = places ? [...places].sort((a, b) => a - b) : [...classes.keys()];
    const keys = shown.map((place) => JSON.stringify(classes[place]));
    return (all, offset) => {
      const members = shown.map((place, index) => `${keys[index]}:${numberText(all[offset + place] as number)}`);
      return `"probabilities":{${members.join()}}`;
    };
  }
  const at = (all: ArrayLike<number>, place: number) => valueText(all[place] as number);
  if (quantiles) {
    const value = valuePlace(quantiles);
    return (all, offset) => {
      const members = quantiles.map((quantile, place) => `"${quantile}":${at(all, offset + place)}`);
      return `"value":${at(all, offset + value)},"quantiles":{${members.join()}}`;
    };
  }
  if (numbers === 1) return (all, offset) => `"value":${at(all, offset)}`;
  return (all, offset) => `"value":[${Array.from({ length: numbers }, (_, place) => at(all, offset + place)).join()}]`;
}

/** Writes a prediction with its explanation. With `topK`, both have that many classes. */
export type ExplainedWriter = (prediction: Prediction, explanation: Explanation, topK: number | null) => string;

/** Returns the writer of a model's explained predictions. `columns` are the names of its columns. */
export function explainedWriter(model: AnsweringModel, columns: readonly string[]): ExplainedWriter {
  const write = predictionWriter(model);
  const names = columns.map((name) => JSON.stringify(name));
  return (prediction, explanation, topK) => {
    const places = topK === null || "value" in prediction ? undefined : placesOfTop(prediction.probabilities, topK);
    const text = explanationText(model, names, explanation, places);
    return `${write(prediction, topK).slice(0, -1)},"explanation":${text}}`;
  };
}

function explanationText(
  model: AnsweringModel,
  names: readonly string[],
  { base, contributions, errors, permutations }: Explanation,
  places: readonly number[] | undefined,
): string {
  const numbers = base.length;
  const write = numbersWriter(model, numbers, places);
  const list = names.map((name, column) => {
    const error = errors ? `,"standard_error":{${write(errors, column * numbers)}}` : "";
    return `{"column":${name},${write(contributions, column * numbers)}${error}}`;
  });
  const how = permutations === null ? `"exact":true` : `"exact":false,"permutations":${permutations}`;
  return `{"base":{${write(base, 0)}},${how},"contributions":[${list.join()}]}`;
}
