/**
 * The metrics of a search and the fields that it chooses, as plain names: used by the schema of its options and by the page, which has no
 * schemas.
 */
const CLASS_METRICS = ["log_loss", "accuracy", "balanced_accuracy", "f1", "roc_auc"] as const;
const VALUE_METRICS = ["rmse", "mae", "r2"] as const;

/** The metrics by which a search of each kind can compare, the default first. */
export const SEARCH_METRICS = { classes: CLASS_METRICS, values: VALUE_METRICS } as const;
export type SearchMetric = (typeof CLASS_METRICS)[number] | (typeof VALUE_METRICS)[number];

/** Fields that a search chooses, and that are therefore valid only with a given network. */
export const CHOSEN_BY_SEARCH = [
  "loss",
  "optimizer",
  "scheduler",
  "clip_grad",
  "epochs",
  "batch_size",
  "shuffle",
  "early_stopping",
  "metrics",
  "init_from",
] as const;
