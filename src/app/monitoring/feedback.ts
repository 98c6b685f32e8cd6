/** Keeps the answers to predictions that have an id, and takes in the truth about them. */
import { createLabelReader } from "../../domain/datasets/column-reader.ts";
import { type FieldError, invalid, notFound } from "../../domain/errors.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import { isCheckpointId } from "../../domain/models/registry.ts";
import type { Truth } from "../../domain/monitoring/monitor-store.ts";
import { liveScore, type MonitoringReport } from "../../domain/monitoring/report.ts";
import { type FeedbackLabel, MOST_KEPT_ROWS } from "../../domain/monitoring/requests.ts";
import { findModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

const AT = "/prediction_id";

/** Throws invalid where the answers of so many rows of a model cannot be kept. */
export function assertKeepable(model: Model, rows: number): void {
  const fail = (detail: string) => invalid([{ pointer: AT, detail }]);
  if (isCheckpointId(model.id)) throw fail("is for models, and this is a checkpoint: leave it out");
  if (model.task === "regression" && !model.quantiles && model.outputWidth > 1)
    throw fail(`is for one target, and ${model.name} has ${model.outputWidth}: leave it out`);
  if (rows > MOST_KEPT_ROWS)
    throw fail(`is for at most ${MOST_KEPT_ROWS} rows, and there are ${rows}: send fewer, each time with another id`);
}

/** Stores the answers of a prediction, which waits for that. Throws not_found when the model was deleted in the meantime. */
export async function keepAnswers(
  { store }: ProjectServices,
  model: Model,
  id: string,
  predictions: readonly Prediction[],
): Promise<void> {
  const answers = predictions.map((prediction) => ("place" in prediction ? prediction.place : (prediction.value as number)));
  if (!(await store.monitors.keepAnswers(model.id, id, answers, Date.now()))) throw notFound("model", model.id);
}

/** What became of labels, and what all of a model's come to. */
export interface TakenFeedback {
  readonly labelled: number;
  /** Labels of the request without an answer: it was made without an id, by another version, or is too old. */
  readonly unknown: readonly Pick<FeedbackLabel, "prediction_id" | "row">[];
  readonly score: MonitoringReport["feedback"];
}

/** Stores the truth about answers; a label that is sent again replaces the one before. Throws not_found, and invalid for what is no value. */
export async function takeFeedback(
  services: ProjectServices,
  ref: string,
  labels: readonly FeedbackLabel[],
): Promise<TakenFeedback> {
  const model = await findModel(services, ref);
  const { monitors } = services.store;
  const found = await monitors.label(model.id, truthsOf(model, labels));
  const unknown = labels.flatMap(({ prediction_id, row }, index) => (found[index] ? [] : [{ prediction_id, row }]));
  return {
    labelled: labels.length - unknown.length,
    unknown,
    score: liveScore(model, await monitors.sums(model.id)),
  };
}

function truthsOf({ task, classes }: Model, labels: readonly FeedbackLabel[]): Truth[] {
  const readClass = createLabelReader(classes);
  const errors: FieldError[] = [];
  const truths = labels.map(({ prediction_id: predictionId, row, label }, index): Truth => {
    const truth = task === "regression" ? label : readClass(label);
    if (typeof truth === "number" && Number.isFinite(truth)) return { predictionId, row, truth };
    const detail = task === "regression" ? "must be a finite number" : "must be one of the classes";
    errors.push({ pointer: `/labels/${index}/label`, detail });
    return { predictionId, row, truth: 0 };
  });
  if (errors.length > 0) throw invalid(errors.slice(0, 20));
  return truths;
}
