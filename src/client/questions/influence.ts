/** The rows behind a prediction in words, for the command line and the page. Pure. */
import type { z } from "zod";
import type { Influence, InfluencedPrediction, influenceBody, RowInfluence } from "../../domain/explanations/influence.ts";

export type { Influence } from "../../domain/explanations/influence.ts";

/** Rows to predict, and which training rows are left out, one at a time. */
export type InfluenceRequest = z.input<typeof influenceBody>;

/** The rows of one kind of effect. */
export interface RowList {
  readonly title: string;
  readonly rows: readonly RowInfluence[];
  /** Whether they are ranked by their effect on the loss. */
  readonly isOfLoss: boolean;
}

/** The lists of an answer: if the actual value is known, the rows that help and harm, else those that raise and lower. */
export function rowLists(prediction: InfluencedPrediction): readonly RowList[] {
  const { helpers, harmers, raising, lowering } = prediction;
  if (helpers && harmers)
    return [
      { title: "Helpers: without them the loss rises", rows: helpers, isOfLoss: true },
      { title: "Harmers: without them the loss falls", rows: harmers, isOfLoss: true },
    ];
  return [
    { title: "Raise it: without them it falls", rows: raising, isOfLoss: false },
    { title: "Lower it: without them it rises", rows: lowering, isOfLoss: false },
  ];
}

/** The numbers of the rows in the lists of all predictions, each once: the first `most` of each list. */
export function influencedRows({ predictions }: Influence, most: number): number[] {
  const rows = predictions.flatMap((prediction) => rowLists(prediction).flatMap((list) => list.rows.slice(0, most)));
  return [...new Set(rows.map(({ row }) => row))];
}

/** How numbers are written. */
interface Format {
  share(value: number): string;
  value(value: number): string;
}

/** The predicted value, and the actual one. */
export function predictionSentence(predicted: InfluencedPrediction, format: Format): string {
  const { output, type, prediction, actual, loss } = predicted;
  const said =
    type === "probability"
      ? `${output} with probability ${format.share(prediction)}`
      : `${output === null ? "" : `${output} `}${format.value(prediction)}`;
  if (actual === undefined || !loss) return said;
  const really = Array.isArray(actual)
    ? actual.map(format.value).join(", ")
    : typeof actual === "number"
      ? format.value(actual)
      : actual;
  const name = loss.type === "log_loss" ? "log loss" : "squared error";
  return `${said}, really ${really}: ${name} ${format.value(loss.value)}`;
}
