/** Whether higher or lower values of a metric are better. Knows no schemas, because the page and the command line use it too. */

/** Metrics of which lower is better. */
const LESS_IS_BETTER: ReadonlySet<string> = new Set(["loss", "log_loss", "mae", "rmse", "mape"]);

/** Whether higher values of a series, of the training or the validation part, are better. */
export function isGreaterBetter(series: string): boolean {
  return !LESS_IS_BETTER.has(series.replace("val_", ""));
}

/** Whether the better trial of a sweep has the higher value. */
export function isMaximized({ metric, goal }: { readonly metric: string; readonly goal: string | null }): boolean {
  return goal === null ? isGreaterBetter(metric) : goal === "maximize";
}
