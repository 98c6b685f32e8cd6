/** All metrics of the server, named by Prometheus's conventions for units and suffixes. */
import { Counter, Gauge, Registry } from "prom-client";
import { isTerminal, JOB_STATES } from "../domain/jobs/job.ts";
import { createHistogram } from "./histogram.ts";
import { createPredictionCounting } from "./predictions-by-model.ts";
import { createTraceCounts } from "./trace-counts.ts";

/** Buckets that cover requests from a prediction of 0.2 ms to an upload of a minute. */
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const WRITE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const WAIT_SECONDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/** Maximum number of models in use with gauges of drift and live score, and the labels of those gauges. */
export const MAX_WATCHED = 200;
const WATCHED_LABELS = ["project", "model", "version"] as const;

export type Instruments = ReturnType<typeof createInstruments>;

/** Creates a registry with all metrics at 0. */
export function createInstruments() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: readonly number[], labelNames: readonly string[] = []) =>
    createHistogram({ name, help, labelNames, buckets, registry });
  const jobsEnded = counter("trainyard_jobs_ended_total", "Jobs that ended, by final state.", ["state"]);
  const deliveries = counter("trainyard_webhook_attempts_total", "Tries to deliver a webhook.", ["outcome"]);
  // Prometheus sees no increase if a series first appears with its first event.
  for (const state of JOB_STATES.filter(isTerminal)) jobsEnded.inc({ state }, 0);
  for (const outcome of ["retried", "delivered", "failed"]) deliveries.inc({ outcome }, 0);
  return {
    registry,
    requests: histogram("trainyard_http_request_duration_seconds", "Time to answer, by route.", REQUEST_SECONDS, [
      "method",
      "route",
      "status",
    ]),
    projectSeconds: counter(
      "trainyard_project_request_seconds_total",
      "Time that requests of a project took. Only so many projects are named; the others share one series.",
      ["project"],
    ),
    projectRefused: counter(
      "trainyard_project_refused_total",
      "Requests of a project that were refused for a limit of rate, size, time or room, by status.",
      ["project", "status"],
    ),
    streamReaders: gauge("trainyard_stream_readers", "Open WebSocket and SSE streams.", ["kind"]),
    streamsEnded: counter("trainyard_streams_ended_total", "Streams that ended, by reason; too_slow are dropped readers.", [
      "kind",
      "ending",
    ]),
    jobs: gauge("trainyard_jobs", "Jobs in the store by state; queued is the length of the queue.", ["state"]),
    queueOldest: gauge("trainyard_queue_oldest_seconds", "How long the oldest queued job has been waiting."),
    queueWait: histogram("trainyard_queue_wait_seconds", "Time from submission to the first attempt.", WAIT_SECONDS),
    jobsEnded,
    epochs: counter("trainyard_epochs_total", "Epochs trained and stored."),
    steps: counter("trainyard_steps_total", "Optimiser steps of these epochs."),
    workers: gauge("trainyard_workers", "Training threads."),
    workersBusy: gauge("trainyard_workers_busy", "Training threads that run a job now."),
    busySeconds: counter(
      "trainyard_worker_busy_seconds_total",
      "Time that training threads spent on jobs; its rate divided by trainyard_workers is their utilisation.",
    ),
    predictions: histogram(
      "trainyard_predict_duration_seconds",
      "Time to compute predictions, without HTTP.",
      REQUEST_SECONDS,
      ["kind"],
    ),
    modelPsi: gauge(
      "trainyard_model_drift_psi",
      `Largest population stability index of a column in the last window of a model; of the ${MAX_WATCHED} that were asked last.`,
      WATCHED_LABELS,
    ),
    modelScore: gauge(
      "trainyard_model_live_score",
      "Accuracy, or R² of values, of the labelled answers of these models.",
      WATCHED_LABELS,
    ),
    modelScoreFell: gauge(
      "trainyard_model_live_score_fell",
      "1 while the newest labelled answers of these models are worse than their evaluation allows.",
      WATCHED_LABELS,
    ),
    countPredictions: createPredictionCounting(registry),
    traceCounts: createTraceCounts(registry),
    writes: histogram(
      "trainyard_store_write_duration_seconds",
      "Duration of writes to the database, including the wait for other writes.",
      WRITE_SECONDS,
      ["operation"],
    ),
    deliveries,
    storeHealthy: gauge("trainyard_store_healthy", "1 while the database accepts writes."),
  };
}
