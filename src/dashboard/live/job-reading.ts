/** What a job's answer says, in the terms of the page: how fast, how good, of what. Pure. */
import type { Job } from "../../client/answers.ts";
import type { JobState } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import { shortId } from "../shell/format.ts";

const TERMINAL: readonly JobState[] = ["succeeded", "failed", "cancelled"];

/** Whether nothing can happen to it any more. */
export const isOver = ({ state }: Pick<Job, "state">): boolean => TERMINAL.includes(state);

/** Whether a thread is at work on it. */
export const isTraining = ({ state }: Pick<Job, "state">): boolean => ["running", "pausing", "cancelling"].includes(state);

/** Seconds in which a thread was at work on it, over all attempts, up to `now`. */
export function trainedSeconds({ transitions }: Pick<Job, "transitions">, now: number): number {
  let total = 0;
  transitions.forEach(({ state, at }, index) => {
    if (!isTraining({ state })) return;
    const next = transitions[index + 1];
    total += (next ? Date.parse(next.at) : now) - Date.parse(at);
  });
  return Math.max(0, total / 1000);
}

/** Epochs a second over all its training; null before there is something to divide. */
export function meanPace(job: Job, now: number): number | null {
  const seconds = trainedSeconds(job, now);
  return job.epochs_done > 0 && seconds > 0 ? job.epochs_done / seconds : null;
}

/** Which metric tells best how good a job is, and how it is written: the first that there is. */
const SCORES: readonly (readonly [Series, label: string, isShare: boolean])[] = [
  ["val_accuracy", "val. accuracy", true],
  ["accuracy", "accuracy", true],
  ["val_balanced_accuracy", "val. bal. accuracy", true],
  ["balanced_accuracy", "bal. accuracy", true],
  ["val_r2", "val. R²", false],
  ["r2", "R²", false],
  ["val_f1", "val. F1", true],
  ["f1", "F1", true],
  ["val_rmse", "val. RMSE", false],
  ["rmse", "RMSE", false],
  ["val_mae", "val. MAE", false],
  ["mae", "MAE", false],
];

export interface Score {
  readonly label: string;
  readonly value: unknown;
  readonly isShare: boolean;
}

/** How good the newest epoch is; null when the job has no metric but its loss. */
export function scoreOf({ metrics }: Job): Score | null {
  const final = metrics?.final ?? {};
  const found = SCORES.find(([name]) => final[name] !== undefined);
  return found ? { value: final[found[0]], label: found[1], isShare: found[2] } : null;
}

/** The data, the network and the optimiser in a few words: moons · 4-1 · adam. */
export function describeSpec({ spec }: Job): string {
  return [describeData(spec.data), describeLayers(spec.model.layers), spec.optimizer.type].filter(Boolean).join(" · ");
}

/** Where the rows come from. */
function describeData(data: Job["spec"]["data"]): string {
  if ("generator" in data && data.generator) return data.generator.type;
  if ("dataset" in data && data.dataset) return `data set ${shortId(data.dataset.id)}`;
  return "inline rows";
}

/** The widths of what has units, others by their type where they matter. */
function describeLayers(layers: Job["spec"]["model"]["layers"]): string {
  return layers
    .map((layer) => ("units" in layer && layer.units ? String(layer.units) : CONVOLUTIONS.has(layer.type) ? layer.type : ""))
    .filter(Boolean)
    .join("-");
}

const CONVOLUTIONS: ReadonlySet<string> = new Set(["conv1d", "conv2d", "embedding", "residual"]);

/** What a search looks at. */
export function searchText(job: Job): string {
  return `${job.name} ${job.id} ${job.state} ${job.spec.task} ${describeSpec(job)}`.toLowerCase();
}
