/** The early stopping of a job that does not say it. */

/**
 * Of a job on a data set that holds rows out: rows that come from a file are learned by heart after a while. A tenth of the
 * epochs outlasts the noise from one epoch to the next.
 */
export function defaultEarlyStopping(epochs: number) {
  return { monitor: "val_loss", patience: Math.max(10, Math.ceil(epochs / 10)), min_delta: 0, restore_best: true } as const;
}
