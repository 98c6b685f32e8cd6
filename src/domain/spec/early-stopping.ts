/** The default early stopping of a job. */

/**
 * For a job on a data set with held-out rows, because training memorises the rows of a file after a while. A tenth of the epochs outlasts
 * the noise from one epoch to the next.
 */
export function defaultEarlyStopping(epochs: number) {
  return { monitor: "val_loss", patience: Math.max(10, Math.ceil(epochs / 10)), min_delta: 0, restore_best: true } as const;
}
