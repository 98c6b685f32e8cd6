/** A search for a model in words: its candidates, for the command line and the page. Pure. */
import { questionOf } from "../domain/jobs/trained-spec.ts";
import type { Job } from "./answers.ts";

export { CHOSEN_BY_SEARCH, SEARCH_METRICS } from "../domain/spec/search-fields.ts";
export { questionOf };

type Spec = Pick<Job, "spec">["spec"];
type Search = Extract<Spec["model"], { auto: unknown }>["auto"];

/** What "out of fold" means, in one line. */
export const OUT_OF_FOLD =
  "Out of fold: each row is predicted only by networks that did not see it in their training, so nothing needs to be held out.";

/** The resolved search of a job; null if the spec gives the network. */
export function searchOf({ model }: Pick<Spec, "model">): Search | null {
  return "auto" in model ? model.auto : null;
}

export type StepName = "epoch" | "candidate" | "cut" | "training";

/**
 * The name of a job's epochs: candidates in a search, divisions of the rows in an audit, and trainings in a job that asks a question about
 * a model (the rows behind a prediction, whether more data would help, other seeds).
 */
export function stepName(spec: Pick<Spec, "model" | "influence" | "learning_curve" | "seeds">): StepName {
  if (questionOf(spec)) return "training";
  const search = searchOf(spec);
  return search ? (search.audit ? "cut" : "candidate") : "epoch";
}

/** Labels of the metrics by which searches compare. */
const METRIC_LABELS: Readonly<Record<string, string>> = {
  log_loss: "log loss",
  accuracy: "accuracy",
  balanced_accuracy: "balanced accuracy",
  f1: "F1",
  roc_auc: "area under ROC",
  rmse: "RMSE",
  mae: "MAE",
  r2: "R²",
};

/** The name of a search's metric as people read it: "log loss". */
export function searchMetricLabel(metric: string): string {
  return METRIC_LABELS[metric] ?? metric;
}
export { submittableSpec } from "../domain/jobs/submittable-spec.ts";
