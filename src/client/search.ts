/** A search for a model in words: what the command line and the page say of its candidates. Pure. */
import { questionOf } from "../domain/jobs/trained-spec.ts";
import type { Job } from "./answers.ts";

export { CHOSEN_BY_SEARCH, SEARCH_METRICS } from "../domain/spec/search-fields.ts";
export { questionOf };

type Spec = Pick<Job, "spec">["spec"];
type Search = Extract<Spec["model"], { auto: unknown }>["auto"];

/** What "out of fold" means, in one line. */
export const OUT_OF_FOLD =
  "Out of fold: each row is predicted only by networks that did not see it in their training, so nothing needs to be held out.";

/** How the search of a job is resolved; null where the spec gives the network. */
export function searchOf({ model }: Pick<Spec, "model">): Search | null {
  return "auto" in model ? model.auto : null;
}

export type StepName = "epoch" | "candidate" | "cut" | "training";

/**
 * What an epoch of a job is called: in a search, each is a candidate; in an audit, each cuts the rows anew; where a job asks which rows made
 * a prediction, whether more data would help, or what other seeds come to, each is a training.
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
export { specAgain } from "../domain/jobs/spec-again.ts";
