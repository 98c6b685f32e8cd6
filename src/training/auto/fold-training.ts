/** Trains a candidate on the rows of a fold until its loss on the held-out rows no longer falls. Reports nothing; can be ended early. */
import type { Series } from "../../domain/metrics/metric.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { compile, type Executable } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import type { Table } from "../data/table.ts";
import { planTraining, type TrainingPlan } from "../run/build.ts";
import { createEarlyStopping } from "../run/early-stopping.ts";
import { columnOf } from "../run/epoch.ts";
import { createFullBatchRunner } from "../run/full-batch.ts";
import { readWeights, writeInputs, writeStart } from "../run/initial-memory.ts";
import { createMiniBatchRunner } from "../run/mini-batch.ts";

/** A trained network, or why there is none. */
export type FoldResult =
  | { readonly state: "trained"; readonly weights: TensorSet; readonly epochs: number }
  /** Its loss was never a finite number. */
  | { readonly state: "diverged" }
  | { readonly state: "ended" };

/** The compiled steps of a candidate, for folds of equal sizes. */
interface Compiled {
  readonly key: string;
  readonly plan: TrainingPlan;
  readonly executable: Executable;
}

/** Creates a trainer that compiles a candidate once for all folds of equal sizes. `ended` is asked every few milliseconds. */
export function createFoldTrainer(ended: () => boolean) {
  let compiled: Compiled | null = null;
  const compiledFor = (spec: NetworkSpec, train: Table, validation: Table, classCounts: readonly number[]): Compiled => {
    const { seed: _seed, ...shape } = spec;
    const key = JSON.stringify([
      shape.model,
      shape.optimizer,
      shape.batch_size,
      train.rows,
      validation.rows,
      train.featureWidth,
    ]);
    if (compiled?.key === key) return compiled;
    const sizes = {
      rows: train.rows,
      validationRows: validation.rows,
      featureWidth: train.featureWidth,
      targetWidth: train.targetWidth,
      embeddings: [],
      classCounts,
      weighted: train.weights !== null,
    };
    const plan = planTraining(spec, sizes);
    compiled = {
      key,
      plan,
      executable: compile(plan.programs, { maxSteps: plan.maxSteps, maxMemoryBytes: 2 ** 32 - 2 ** 16 }),
    };
    return compiled;
  };
  return (spec: NetworkSpec, train: Table, validation: Table, classes: number): FoldResult => {
    const { plan, executable } = compiledFor(spec, train, validation, new Array<number>(classes).fill(1));
    const data: JobData = { train, validation, test: null, preprocessing: null };
    writeInputs(executable, plan, spec, data);
    writeStart(executable, plan, spec, null);
    const options = { spec, plan, executable, data, classes, ended, interrupted: ended, partial: null };
    const runner = plan.batch === train.rows ? createFullBatchRunner(options) : createMiniBatchRunner(options);
    const stopping = createEarlyStopping(spec.early_stopping as NonNullable<NetworkSpec["early_stopping"]>);
    const monitored = columnOf(runner.columns, stopping.monitor as Series);
    let weights: TensorSet | null = null;
    let epochs = 0;
    for (let epoch = 1; epoch <= spec.epochs; epoch++) {
      if (ended() || runner.run(epoch, 1, () => spec.optimizer.lr) === 0) return { state: "ended" };
      const value = monitored[0] as number;
      const { improved, stop } = stopping.observe(epoch, value);
      if (improved) {
        weights = readWeights(executable, plan);
        epochs = epoch;
      }
      if (stop || !Number.isFinite(value)) break;
    }
    return weights?.data.every(Number.isFinite) ? { state: "trained", weights, epochs } : { state: "diverged" };
  };
}
