/** A job's record as the page shows it: its speed, its score, its parts. Pure. */
import type { Job, JobMetrics, Model } from "../../client/answers.ts";
import { figureLabel, figureText, mainFigure, scoreSentence } from "../../client/score.ts";
import { ATTEMPTED_STATES, isTerminal } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import { formatShare, formatValue, SCORE_FORMAT, shortId } from "../shell/format.ts";
import type { DatasetNames } from "./dataset-names.ts";

/** Whether a job is in a terminal state. */
export const isOver = ({ state }: Pick<Job, "state">): boolean => isTerminal(state);

/** Whether a thread is training the job. */
export const isTraining = ({ state }: Pick<Job, "state">): boolean => ATTEMPTED_STATES.includes(state);

/** Seconds of training over all attempts, up to `now` (epoch milliseconds). */
export function trainedSeconds({ transitions }: Pick<Job, "transitions">, now: number): number {
  let total = 0;
  transitions.forEach(({ state, at }, index) => {
    if (!isTraining({ state })) return;
    const next = transitions[index + 1];
    total += (next ? Date.parse(next.at) : now) - Date.parse(at);
  });
  return Math.max(0, total / 1000);
}

/** Mean epochs per second over all attempts; null before the first epoch. */
export function meanSpeed(job: Job, now: number): number | null {
  const seconds = trainedSeconds(job, now);
  return job.epochs_done > 0 && seconds > 0 ? job.epochs_done / seconds : null;
}

/** The metrics that score a job without a model, best first, with their labels; the first one that the job has is shown. */
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

export interface ShownScore {
  readonly label: string;
  readonly value: unknown;
  readonly text: string;
  /** The whole score as a sentence; null while there is none. */
  readonly sentence: string | null;
}

/** The score of a model's weights; for a job without a model, of the newest epoch; null if that has no metric but its loss. */
export function scoreOf({ metrics, score }: Pick<Job | Model, "metrics" | "score">): ShownScore | null {
  if (score) {
    const figure = mainFigure(score);
    const sentence = scoreSentence(score, SCORE_FORMAT);
    const text = figureText(figure.model, figure, SCORE_FORMAT);
    return { value: figure.model, text, label: figureLabel(score, figure), sentence };
  }
  const final = metrics?.final ?? {};
  const found = SCORES.find(([name]) => final[name] !== undefined);
  if (!found) return null;
  const [name, label, isShare] = found;
  return { value: final[name], text: isShare ? formatShare(final[name]) : formatValue(final[name]), label, sentence: null };
}

/** The values of the epoch whose weights the model has; for a job without a model, of the newest one. */
export function resultEpoch({ metrics }: Pick<Job, "metrics">): JobMetrics["final"] {
  return (metrics?.lowest ? metrics.best : metrics?.final) ?? {};
}

/** The data, the layers and the optimiser in a few words: moons · 4-1 · adam; iris → species · search of 16. */
export function describeSpec({ spec }: Pick<Job, "spec">, names?: DatasetNames): string {
  return [describeData(spec.data, names), describeModel(spec)].join(" · ");
}

/** The layers and the optimiser in a few words, or how wide the search is. */
export function describeModel({ model, optimizer }: Pick<Job["spec"], "model" | "optimizer">): string {
  if (!("layers" in model)) return `${model.auto.audit ? "audit" : "search"} of ${model.auto.trials}`;
  return [describeLayers(model.layers), optimizer.type].filter(Boolean).join(" · ");
}

/** Names the source of the rows and, unless `withTarget` is false, what is predicted of a data set. */
export function describeData(data: Job["spec"]["data"], names?: DatasetNames, withTarget = true): string {
  if ("generator" in data && data.generator) return data.generator.type;
  if ("dataset" in data && data.dataset) {
    const { id, target } = data.dataset;
    const name = names?.get(id) ?? `data set ${shortId(id)}`;
    return withTarget ? `${name} → ${target.join(", ")}` : name;
  }
  return "inline rows";
}

type GivenLayers = Extract<Job["spec"]["model"], { layers: unknown }>["layers"];

/** The layers that a job's spec gives; none if they are searched for. */
export function layersOf({ model }: Pick<Job["spec"], "model">): GivenLayers {
  return "layers" in model ? model.layers : [];
}

/** The units of linear layers, and the types of those that shape the network otherwise. */
function describeLayers(layers: GivenLayers): string {
  return layers
    .map((layer) => ("units" in layer && layer.units ? String(layer.units) : NAMED_LAYERS.has(layer.type) ? layer.type : ""))
    .filter(Boolean)
    .join("-");
}

const NAMED_LAYERS: ReadonlySet<string> = new Set(["conv1d", "conv2d", "embedding", "residual", "ensemble"]);

/** The text in which a search finds a job. */
export function searchText(job: Job, names?: DatasetNames): string {
  const tags = Object.entries(job.tags).map(([name, value]) => `${name}=${value} ${value}`);
  return `${job.name} ${job.id} ${job.state} ${job.spec.task} ${describeSpec(job, names)} ${tags.join(" ")}`.toLowerCase();
}
