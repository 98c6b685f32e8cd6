/** Full-batch epochs: one step over all rows, and many epochs per call into the engine. */
import { createEpochSums, createStepFeed, type Epoch, type EpochOptions, type EpochRunner } from "./epoch.ts";

/** Creates the runner of epochs with one step over all training rows. Validation runs in the same step. */
export function createFullBatchRunner(options: EpochOptions): EpochRunner {
  const { spec, plan, executable, data } = options;
  const feed = createStepFeed(options, "train");
  const train = createEpochSums(options, data.train, ["train"], "", "");
  const heldOut = data.validation && createEpochSums(options, data.validation, ["train"], "val_", "val_");
  const norms = spec.clip_grad?.type === "norm" ? executable.result("train", "grad_norm") : null;

  const valuesOf = (row: number, lr: number): Epoch => {
    const values: Epoch = { loss: 0 };
    train.add("train", row, data.train.rows);
    train.finish(values);
    if (data.validation && heldOut) {
      heldOut.add("train", row, data.validation.rows);
      heldOut.finish(values);
    }
    values.lr = lr;
    if (norms) values.grad_norm = norms[row] as number;
    return values;
  };

  return {
    maxEpochs: plan.maxSteps,
    partial: null,
    run(first, count, nextLr) {
      const rates = Array.from({ length: count }, nextLr);
      rates.forEach((lr, row) => {
        feed(row, first + row, lr);
      });
      executable.run("train", count);
      return rates.map((lr, row) => valuesOf(row, lr));
    },
  };
}
