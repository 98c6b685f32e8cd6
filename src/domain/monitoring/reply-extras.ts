/** What a thread's reply carries beside its answer: answers stored for feedback, and rows for the model's sample. */
import { answerNumber, type Model, type Prediction } from "../models/model.ts";
import type { BlockReply, StreamOptions } from "../models/prediction.ts";
import { createRowDraw } from "./asked-rows.ts";

/** Returns what the options ask for. */
export function replyExtras(
  { keeps, samples }: Pick<StreamOptions, "keeps" | "samples">,
  model: Pick<Model, "preprocessing">,
  instances: readonly unknown[],
  predictions: readonly Prediction[],
): Pick<Extract<BlockReply, { ok: true }>, "answers" | "sampled"> {
  const draw = samples ? createRowDraw(model) : null;
  draw?.offer(instances, predictions);
  return {
    ...(keeps && { answers: Float64Array.from(predictions, answerNumber) }),
    ...(draw && { sampled: draw.take() }),
  };
}
