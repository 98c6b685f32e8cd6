/** Compares two models: their metrics and scores, and the differences between their specs and architectures. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Difference, differencesOf, type NumberPair, numberPairs } from "../../domain/models/comparison.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ProjectServices } from "../services.ts";
import { findModel } from "./find-model.ts";

export interface Comparison {
  readonly a: Model;
  readonly b: Model;
  /** Metrics of the last and the best epoch. */
  readonly metrics: readonly NumberPair[];
  /** Scores by part; empty if one of the models was not evaluated. */
  readonly evaluation: readonly NumberPair[];
  /** Differences between the resolved specs; null when one model has no job, or its job was deleted. */
  readonly spec: readonly Difference[] | null;
  /** Differences between task, layers, preprocessing, classes and threshold. */
  readonly architecture: readonly Difference[];
}

/** Compares the models of two references. Throws not_found. */
export async function compareModels(services: ProjectServices, refA: string, refB: string): Promise<Comparison> {
  const { store } = services;
  const [a, b] = await Promise.all([findModel(services, refA), findModel(services, refB)]);
  const specOf = async ({ jobId }: Model) => (jobId === null ? null : ((await store.jobs.get(jobId))?.spec ?? null));
  const [specs, evaluations] = await Promise.all([
    Promise.all([specOf(a), specOf(b)]),
    Promise.all([store.models.readEvaluation(a.id), store.models.readEvaluation(b.id)]),
  ]);
  const spec = specs[0] && specs[1] && differencesOf(specs[0], specs[1]);
  // Either list may be long.
  await nextTurn();
  return {
    a,
    b,
    metrics: numberPairs(a.metrics, b.metrics),
    // All intervals have the same level, and an interval is a pair and not a number.
    evaluation: numberPairs(...evaluations).filter(
      ({ pointer }) => !pointer.includes("/intervals/") && !pointer.startsWith("/seeds/"),
    ),
    spec,
    architecture: differencesOf(architectureOf(a), architectureOf(b)),
  };
}

const architectureOf = ({ task, layers, preprocessing, classes, threshold, quantiles }: Model) => ({
  task,
  layers,
  preprocessing,
  classes,
  ...(threshold !== undefined && { threshold }),
  ...(quantiles && { quantiles }),
});
