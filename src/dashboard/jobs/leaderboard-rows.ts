/** The rows of a search's leaderboard: from its curves while it trains, from its model once it has one. Pure. */
import type { Job, Model } from "../../client/answers.ts";
import { searchMetricLabel, searchOf } from "../../client/search.ts";
import type { PointTable } from "../charts/point-table.ts";

/** A candidate on the leaderboard. */
export interface LeaderboardRow {
  /** Its number in the order of training, from 1. */
  readonly trial: number;
  readonly name: string;
  /** Null if its training diverged. */
  readonly score: number | null;
  /** Its share of the served average; null while that is not known. */
  readonly weight: number | null;
  /** Null while that is not known. */
  readonly epochs: number | null;
  readonly parameters: number | null;
  readonly seconds: number;
}

export interface Leaderboard {
  /** The best first. */
  readonly rows: readonly LeaderboardRow[];
  /** Names of the remaining candidates, the next one first. */
  readonly coming: readonly string[];
  /** The kind of score, as the head of its column. */
  readonly metric: string;
  /** The score of the weighted average; null before there is one. */
  readonly average: number | null;
  readonly folds: number;
}

type Search = NonNullable<Model["search"]>;

/** Returns the leaderboard of a model. */
export function leaderboardOfModel({ candidates, metric, score, folds }: Search): Leaderboard {
  return { rows: candidates, coming: [], metric: searchMetricLabel(metric), average: score, folds };
}

/** Returns the leaderboard of a job that searches, by its losses so far; null for a job that does not search. */
export function leaderboardOfCurves({ spec }: Pick<Job, "spec">, { epochs, columns }: PointTable): Leaderboard | null {
  const search = searchOf(spec);
  if (!search) return null;
  const names = search.candidates.slice(0, spec.epochs);
  const read = (series: string, at: number) => finite(columns[series]?.[at]);
  const rows = Array.from(epochs, (trial, at) => ({
    trial,
    name: names[trial - 1] ?? `candidate ${trial}`,
    score: read("loss", at),
    weight: null,
    epochs: null,
    parameters: null,
    seconds: (read("epoch_ms", at) ?? 0) / 1000,
  }));
  const worth = ({ score }: LeaderboardRow) => score ?? Number.POSITIVE_INFINITY;
  return {
    rows: rows.sort((a, b) => (worth(a) === worth(b) ? a.trial - b.trial : worth(a) - worth(b))),
    coming: names.slice(epochs.at(-1) ?? 0),
    // Other metrics are known only at the end; the objective of the search is close to them, but not the same.
    metric: search.metric === "log_loss" ? "log loss" : "loss",
    average: read("val_loss", epochs.length - 1),
    folds: search.folds,
  };
}

const finite = (value: number | undefined): number | null => (value !== undefined && Number.isFinite(value) ? value : null);
