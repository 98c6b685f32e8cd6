/** Full-batch epochs: one step over all rows, and many epochs per call into the engine. */
import { columnOf, columnsOf, createEpochSums, createStepFeed, type EpochOptions, type EpochRunner } from "./epoch.ts";
import { createRanking } from "./ranking.ts";

/** Creates the runner of epochs with one step over all training rows. Validation runs in the same step. */
export function createFullBatchRunner(options: EpochOptions): EpochRunner {
  const { spec, plan, executable, data } = options;
  const feed = createStepFeed(options, "train");
  const maxEpochs = Math.min(plan.maxSteps, spec.epochs);
  const columns = columnsOf(options);
  const rates = columnOf(columns, "lr");
  const passes = [
    { table: data.train, prefix: "" },
    { table: data.validation, prefix: "val_" },
  ].flatMap(({ table, prefix }) => {
    if (!table) return [];
    const sums = createEpochSums(options, table, ["train"], prefix, prefix, columns);
    return [{ add: sums.adderOf("train"), finish: sums.finish, rows: table.rows }];
  });
  const ranking = createRanking(options, ["train"], columns);
  const takeRanked = ranking?.takerOf("train");
  const norms = spec.clip_grad?.type === "norm" ? executable.result("train", "grad_norm") : null;

  return {
    maxEpochs,
    columns,
    partial: null,
    run(first, count, nextLr) {
      for (let row = 0; row < count; row++) {
        const lr = nextLr();
        rates[row] = lr;
        feed(row, first + row, lr);
      }
      executable.run("train", count);
      for (const { add, finish, rows } of passes) {
        for (let row = 0; row < count; row++) {
          add(row, rows);
          finish(row);
        }
      }
      for (let row = 0; ranking && row < count; row++) {
        takeRanked?.(row, 0);
        ranking.finish(row);
      }
      if (norms) columnOf(columns, "grad_norm").set(norms.subarray(0, count));
      return count;
    },
  };
}
