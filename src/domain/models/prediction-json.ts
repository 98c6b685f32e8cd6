/**
 * Predictions as the JSON text of the API. It is written by hand for one reason: clients read `probabilities` in the order of a model's
 * classes, and a JavaScript object lists keys that look like whole numbers first, in numeric order.
 */
import { toWire } from "../metrics/metric.ts";
import type { ClassPrediction, Model, Prediction } from "./model.ts";
import { type Remark, remarkNotes } from "./remarks.ts";

/** A class and its probability. */
export interface Choice {
  readonly label: string;
  readonly probability: number;
}

/** The `count` most probable classes, most probable first; equal ones in the model's order. */
export function topChoices({ probabilities }: ClassPrediction, { classes }: Pick<Model, "classes">, count: number): Choice[] {
  return placesOfTop(probabilities, count).map((place) => ({
    label: classes[place] as string,
    probability: probabilities[place] as number,
  }));
}

/** Indexes of the `count` greatest probabilities, greatest first. */
export function placesOfTop(probabilities: readonly number[], count: number): number[] {
  const places = probabilities.map((_, place) => place);
  return places.sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number)).slice(0, count);
}

/** Writes a prediction. With `topK`, `top` has that many classes and `probabilities` no others. */
export type PredictionWriter = (prediction: Prediction, topK: number | null) => string;

/** The writers of models in use: labels are quoted once for a model, not once for a row. */
const writers = new WeakMap<readonly string[], PredictionWriter>();

/** The part of a model that answers depend on. */
type AnsweringModel = Pick<Model, "classes" | "preprocessing" | "quantiles">;

/** Returns the writer of a model's predictions. Labels of a numeric target column are numbers. */
export function predictionWriter({ classes, preprocessing, quantiles = [] }: AnsweringModel): PredictionWriter {
  const known = writers.get(classes);
  if (known) return known;
  const writer = createWriter(classes, preprocessing?.targets[0]?.numeric ?? false, quantiles);
  writers.set(classes, writer);
  return writer;
}

/** The content of an answer. */
interface Answered {
  readonly predictions: readonly Prediction[];
  readonly remarks: readonly Remark[];
}

/** A full answer: `{"predictions": [...]}`, with `notes` if rows are odd. */
export function predictionsJson(model: AnsweringModel, { predictions, remarks }: Answered, topK: number | null): string {
  const write = predictionWriter(model);
  let list = "";
  for (const prediction of predictions) list += list === "" ? write(prediction, topK) : `,${write(prediction, topK)}`;
  return answerJson(model, list, predictions.length, remarks);
}

/** Puts the text of a list of predictions into an answer. */
export function answerJson(
  { preprocessing }: AnsweringModel,
  predictions: string,
  rows: number,
  remarks: readonly Remark[],
): string {
  if (remarks.length === 0 || !preprocessing) return `{"predictions":[${predictions}]}`;
  return `{"predictions":[${predictions}],"notes":${JSON.stringify(remarkNotes(preprocessing, remarks, rows, "row"))}}`;
}

function createWriter(classes: readonly string[], isNumeric: boolean, quantiles: readonly number[]): PredictionWriter {
  const names = classes.map((label) => JSON.stringify(label));
  const keys = names.map((name, place) => `${place === 0 ? "" : ","}${name}:`);
  const labels = isNumeric ? classes.map((label) => JSON.stringify(Number(label))) : names;
  return (prediction, topK) => {
    // Only a regression can overflow: probabilities lie in 0..1.
    if ("value" in prediction) {
      const { value, intervals, quantiles: own } = prediction;
      const text = typeof value === "number" ? valueText(value) : `[${value.map(valueText).join()}]`;
      const named = own ? `,"quantiles":{${own.map((each, at) => `"${quantiles[at]}":${valueText(each)}`).join()}}` : "";
      return `{"value":${text}${named}${intervals ? `,"interval":${intervalsText(intervals)}` : ""}}`;
    }
    const { place, probability, probabilities, set } = prediction;
    const among = set ? `"set":[${set.map((at) => labels[at]).join()}],` : "";
    const head = `{"label":${labels[place]},"probability":${numberText(probability)},${among}"probabilities":{`;
    if (topK === null) {
      let members = "";
      for (let at = 0; at < probabilities.length; at++) members += keys[at] + numberText(probabilities[at] as number);
      return `${head}${members}}}`;
    }
    const places = placesOfTop(probabilities, topK).sort((a, b) => a - b);
    const members = places.map((at) => `${names[at]}:${numberText(probabilities[at] as number)}`);
    const top = placesOfTop(probabilities, topK).map(
      (at) => `{"label":${labels[at]},"probability":${numberText(probabilities[at] as number)}}`,
    );
    return `${head}${members.join()}},"top":[${top.join()}]}`;
  };
}

/** One pair, or one for each target if there are several. */
function intervalsText(intervals: readonly (readonly [number, number])[]): string {
  const pairs = intervals.map(([low, high]) => `[${valueText(low)},${valueText(high)}]`);
  return pairs.length === 1 ? (pairs[0] as string) : `[${pairs.join()}]`;
}

/** The text of a probability: JSON has no NaN. */
export const numberText = (value: number): string => (Number.isFinite(value) ? `${value}` : "null");
/** The text of a value of a regression, which may overflow. */
export const valueText = (value: number): string => JSON.stringify(toWire(value));
