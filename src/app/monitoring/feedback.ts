/** Stores answers of predictions that have an id, and compares them with the true labels that are sent later. */
import { createLabelReader, UNKNOWN } from "../../domain/datasets/column-reader.ts";
import { type FieldError, invalid, notFound } from "../../domain/errors.ts";
import { answerNumber, type Model } from "../../domain/models/model.ts";
import { isCheckpointId } from "../../domain/models/registry.ts";
import {
  JUDGED_ANSWERS,
  judgeScore,
  type LiveScore,
  liveScore,
  scoreBound,
  scoreMessage,
} from "../../domain/monitoring/live-score.ts";
import type { ScoreChange, Truth } from "../../domain/monitoring/monitor-store.ts";
import { type FeedbackLabel, MAX_KEPT_ROWS } from "../../domain/monitoring/requests.ts";
import { findModel } from "../models/find-model.ts";
import { type Predicted, predictRows } from "../models/predict.ts";
import type { ProjectServices } from "../services.ts";

const AT = "/prediction_id";

/** Throws invalid if the answers of this many rows cannot be stored: of a document, or of a stream so far. */
export function assertKeepable(model: Model, rows: number, most = MAX_KEPT_ROWS): void {
  const fail = (detail: string) => invalid([{ pointer: AT, detail }]);
  if (isCheckpointId(model.id)) throw fail("is only for models, but this is a checkpoint: leave it out");
  if (model.task === "regression" && !model.quantiles && model.outputWidth > 1)
    throw fail(`is only for one target, but ${model.name} has ${model.outputWidth}: leave it out`);
  if (rows > most) throw fail(`is for at most ${most} rows, but there are ${rows}: send fewer, each time with another id`);
}

/**
 * Stores the answers of a prediction, indexes of classes or values, starting at a row. The answer waits for this. Throws not_found when the
 * model was deleted in the meantime.
 */
export async function keepAnswers(
  { store }: Pick<ProjectServices, "store">,
  model: Model,
  id: string,
  answers: ArrayLike<number>,
  firstRow = 0,
): Promise<void> {
  if (!(await store.monitors.keepAnswers(model.id, id, answers, Date.now(), firstRow))) throw notFound("model", model.id);
}

/** Predicts rows, and stores the answers if there is an id for them. Throws what `predictRows` throws, and invalid. */
export async function predictAndKeep(
  services: ProjectServices,
  model: Model,
  instances: readonly unknown[],
  keepAs: string | null,
): Promise<Predicted> {
  if (keepAs !== null) assertKeepable(model, instances.length);
  const predicted = await predictRows(services, model, { instances });
  if (keepAs !== null) await keepAnswers(services, model, keepAs, predicted.predictions.map(answerNumber));
  return predicted;
}

/** The result of storing labels, and of all labels of the model. */
export interface TakenFeedback {
  readonly labelled: number;
  /** Labels of the request without an answer: the prediction had no id, came from another version, or is too old. */
  readonly unknown: readonly Pick<FeedbackLabel, "prediction_id" | "row">[];
  readonly score: LiveScore;
}

/** Stores true labels; a label sent again replaces the one before. Throws not_found, and invalid for a label that is not a possible value. */
export async function takeFeedback(
  services: ProjectServices,
  ref: string,
  labels: readonly FeedbackLabel[],
): Promise<TakenFeedback> {
  const model = await findModel(services, ref);
  const { monitors } = services.store;
  const found = await monitors.label(model.id, truthsOf(model, labels));
  const unknown = labels.flatMap(({ prediction_id, row }, index) => (found[index] ? [] : [{ prediction_id, row }]));
  const score = liveScore(model, await monitors.sums(model.id));
  const change = await judge(services, model);
  const isNews = await monitors.setScore(model.id, score.accuracy ?? score.r2, change);
  if (isNews) {
    const fields = { model_id: model.id, accuracy: score.accuracy, mae: score.mae };
    if (change?.fell) services.log.warn(fields, "the live score of a model has fallen below its evaluation");
    else services.log.info(fields, "the live score of a model is that of its evaluation again");
  }
  return { labelled: labels.length - unknown.length, unknown, score };
}

/** What the newest labels say of the score. Null if the model is compared with nothing, or nothing has changed. */
async function judge({ store: { monitors } }: ProjectServices, model: Model): Promise<ScoreChange | null> {
  const monitor = await monitors.get(model.id);
  if (!monitor?.enabled || monitor.scoreDrop === null) return null;
  const bound = scoreBound(model, monitor.scoreDrop);
  if (!bound) return null;
  const recent = await monitors.sums(model.id, JUDGED_ANSWERS);
  const fell = judgeScore(bound, recent, monitor.scoreFell);
  if (fell === monitor.scoreFell) return null;
  const at = Date.now();
  const { webhook } = monitor;
  const body = scoreMessage(model, bound, liveScore(model, recent), fell, at);
  return { fell, at, message: webhook === null ? null : { url: webhook, body } };
}

function truthsOf({ task, classes }: Model, labels: readonly FeedbackLabel[]): Truth[] {
  const readClass = createLabelReader(classes, { case: "ignored" });
  const errors: FieldError[] = [];
  const truths = labels.map(({ prediction_id: predictionId, row, label }, index): Truth => {
    const isValue = task === "regression";
    const truth = isValue ? label : readClass(label);
    if (typeof truth === "number" && Number.isFinite(truth) && (isValue || truth !== UNKNOWN))
      return { predictionId, row, truth };
    errors.push({ pointer: `/labels/${index}/label`, detail: labelFault(label, task, classes) });
    return { predictionId, row, truth: 0 };
  });
  if (errors.length > 0) throw invalid(errors.slice(0, 20));
  return truths;
}

/** Number of classes that the error for an unknown label names, and of characters of a label. */
const NAMED_CLASSES = 10;
const SHOWN_CHARACTERS = 60;

function labelFault(label: FeedbackLabel["label"], task: Model["task"], classes: readonly string[]): string {
  if (task === "regression") return "must be a finite number";
  const named = classes.slice(0, NAMED_CLASSES).map((each) => each.slice(0, SHOWN_CHARACTERS));
  const rest = classes.length > named.length ? `, and ${classes.length - named.length} more` : "";
  return `${JSON.stringify(String(label).slice(0, SHOWN_CHARACTERS))} is not a class of the model: it has ${named.join(", ")}${rest}`;
}
