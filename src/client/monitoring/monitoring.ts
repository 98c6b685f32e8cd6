/** The client's methods for monitored models, and their reports in words. */
import type { z } from "zod";
import type { ShownAskedRow } from "../../domain/monitoring/asked-rows.ts";
import type { MonitoringReport } from "../../domain/monitoring/report.ts";
import type { feedbackBody, monitorBody } from "../../domain/monitoring/requests.ts";
import type { Page, PageQuery, PredictionAnswer } from "../answers.ts";
import type { Row } from "../models.ts";
import { type CallOptions, segment, type Transport } from "../transport/transport.ts";
import type { WebhookDelivery } from "./deliveries.ts";

export type { MonitoringReport } from "../../domain/monitoring/report.ts";

/** How a model is monitored; fields that are left out stay. */
export type MonitoringOptions = z.input<typeof monitorBody>;

/** The true label of a row that was predicted with an id. */
export type FeedbackLabel = z.input<typeof feedbackBody>["labels"][number];

/** A row that a model was asked, and its answer. */
export type AskedRow = ShownAskedRow;

/** The result of sending labels, and the live score. */
export interface FeedbackTaken {
  readonly labelled: number;
  readonly unknown: readonly { readonly prediction_id: string; readonly row: number }[];
  readonly score: MonitoringReport["feedback"];
}

/** Methods that reject as the transport does. */
export interface MonitoringClient {
  /** Returns how the rows that a model predicts compare with its training, and its newest windows: 12 when left out. */
  monitoring(ref: string, query?: { readonly windows?: number }, options?: CallOptions): Promise<MonitoringReport>;
  /** Changes how a model is monitored. */
  configureMonitoring(ref: string, options: MonitoringOptions): Promise<MonitoringReport>;
  /** Predicts up to 1000 rows, and stores the answers under an id that you choose, for `feedback`. */
  predictAs(ref: string, predictionId: string, instances: readonly Row[]): Promise<PredictionAnswer[]>;
  /** Sends the true labels of predictions with an id. */
  feedback(ref: string, labels: readonly FeedbackLabel[]): Promise<FeedbackTaken>;
  /** Returns a page of the sample of what a model is asked, newest first. */
  askedRows(
    ref: string,
    query?: { readonly after?: string | number; readonly limit?: number },
    options?: CallOptions,
  ): Promise<Page<AskedRow>>;
  /** Returns a page of the webhooks sent about drift, newest first. */
  modelWebhookDeliveries(ref: string, query?: PageQuery, options?: CallOptions): Promise<Page<WebhookDelivery>>;
}

/** Creates the methods over a transport. */
export function createMonitoringClient({ get, post, send }: Pick<Transport, "get" | "post" | "send">): MonitoringClient {
  const pathOf = (ref: string) => `v1/models/${segment(ref)}`;
  return {
    monitoring: (ref, query = {}, options) => get(`${pathOf(ref)}/monitoring`, { ...query }, options),
    configureMonitoring: async (ref, body) =>
      (await send("PATCH", `${pathOf(ref)}/monitoring`, { body })).json() as Promise<MonitoringReport>,
    predictAs: async (ref, id, instances) =>
      (await post<{ predictions: PredictionAnswer[] }>(`${pathOf(ref)}/predict`, { instances }, { prediction_id: id }))
        .predictions,
    feedback: (ref, labels) => post(`${pathOf(ref)}/feedback`, { labels }),
    askedRows: (ref, query = {}, options) => get(`${pathOf(ref)}/asked-rows`, { ...query }, options),
    modelWebhookDeliveries: (ref, query, options) => get(`${pathOf(ref)}/webhook-deliveries`, query, options),
  };
}

/** The most important message about a monitored model. */
export function monitoringSentence({ reason, rows, windows, drifted, open_rows, window_rows }: MonitoringReport): string {
  if (reason !== null && rows === 0) return `Not monitored: ${reason}`;
  if (windows.length === 0) return `${open_rows} of ${window_rows} rows of the first window`;
  if (drifted.length === 0) return "Rows are like those of training";
  return `Rows differ from those of training: ${drifted.join(", ")}`;
}

/** The figures of labelled answers; null before there is a label. */
export function liveScoreText(
  { labelled, accuracy, mae, rmse, r2 }: MonitoringReport["feedback"],
  text: (value: number) => string,
): string | null {
  if (labelled === 0) return null;
  const of = `of ${labelled} labelled answer${labelled === 1 ? "" : "s"}`;
  if (accuracy !== null) return `accuracy ${text(accuracy)} ${of}`;
  const figures = { MAE: mae, RMSE: rmse, "R²": r2 };
  const known = Object.entries(figures).flatMap(([name, value]) => (value === null ? [] : [`${name} ${text(value)}`]));
  return `${known.join(", ")} ${of}`;
}

/** The message that the live score of a model has fallen below its evaluation; null if it has not. */
export function fallenScoreText({ score_alert: alert }: MonitoringReport, text: (value: number) => string): string | null {
  if (!alert?.fell || alert.live === null || alert.bound === null) return null;
  const { figure, live, labelled, evaluation, bound } = alert;
  const name = figure === "accuracy" ? "accuracy" : "MAE";
  const [low, high] = evaluation;
  const side = figure === "accuracy" ? "below" : "above";
  return `The live score has fallen: ${name} ${text(live)} of the newest ${labelled} labelled answers, ${side} the bound of ${text(bound)}; the evaluation has ${text(low)} to ${text(high)}`;
}
