/** Which values of a metric are the better ones. Knows no schemas, so that the page and the command line may ask too. */

/** Metrics that say nothing when they grow. */
const LESS_IS_BETTER: ReadonlySet<string> = new Set(["loss", "log_loss", "mae", "rmse", "mape"]);

/** Whether a series, of the training or the validation part, is the better the greater it is. */
export function isGreaterBetter(series: string): boolean {
  return !LESS_IS_BETTER.has(series.replace("val_", ""));
}

/** Whether the better trial of a sweep is the one with the greater value. */
export function isMaximized({ metric, goal }: { readonly metric: string; readonly goal: string | null }): boolean {
  return goal === null ? isGreaterBetter(metric) : goal === "maximize";
}
