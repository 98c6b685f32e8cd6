/** Counts predictions by project, model and version. The first `MAX_VERSIONS` versions have series of their own; all others share one. */
import { Counter, type Registry } from "prom-client";
import type { Model } from "../domain/models/model.ts";

/** Maximum versions of models with series of their own. */
const MAX_VERSIONS = 200;
const OTHER = "(other)";
const LABELS = ["project", "model", "version"] as const;

interface Series {
  readonly labels: Readonly<Record<(typeof LABELS)[number], string>>;
  /** Counted since the last scrape. prom-client looks up a series by its labels, which costs more than counting. */
  rows: number;
  seconds: number;
}

/** Counts predicted rows of a model of a project, and the seconds that they took. */
export type CountPredictions = (project: string, model: Model, rows: number, seconds: number) => void;

/** Creates the two counters in a registry, and returns the function that counts. */
export function createPredictionCounting(registry: Registry): CountPredictions {
  const all = new Map<string, Series>();
  const counter = (name: string, help: string, field: "rows" | "seconds") =>
    new Counter({
      ...{ name, help, labelNames: LABELS, registers: [registry] },
      collect() {
        for (const series of all.values()) {
          this.inc(series.labels, series[field]);
          series[field] = 0;
        }
      },
    });
  counter(
    "trainyard_model_predictions_total",
    "Rows predicted, by project, model and version. Only so many versions are named; the others share one series.",
    "rows",
  );
  counter(
    "trainyard_model_predict_seconds_total",
    "Time to compute these predictions; its rate divided by that of the rows is the time of a row.",
    "seconds",
  );
  const lookUp = (project: string, model: string, version: string): Series => {
    const key = JSON.stringify([project, model, version]);
    const known = all.get(key);
    if (known) return known;
    if (all.size >= MAX_VERSIONS && model !== OTHER) return lookUp(OTHER, OTHER, OTHER);
    const series = { labels: { project, model, version }, rows: 0, seconds: 0 };
    all.set(key, series);
    return series;
  };
  // While a model is cached, it is the same object.
  const remembered = new WeakMap<Model, { readonly project: string; readonly series: Series }>();
  return (project, model, rows, seconds) => {
    let found = remembered.get(model);
    if (found?.project !== project) {
      found = { project, series: lookUp(project, model.name, String(model.version)) };
      remembered.set(model, found);
    }
    found.series.rows += rows;
    found.series.seconds += seconds;
  };
}
