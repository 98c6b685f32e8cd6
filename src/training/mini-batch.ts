/** Epochs of several steps: batches of rows in an order drawn for each epoch, the shorter last batch, then validation. */
import { createRandom, streamKey } from "../engine/index.ts";
import { INPUTS } from "./build.ts";
import { createEpochSums, createStepFeed, type Epoch, type EpochOptions, type EpochRunner } from "./epoch.ts";

/** Steps over consecutive parts of an order of rows, in one call. */
interface Block {
  readonly program: string;
  /** Rows of a step. */
  readonly batch: number;
  readonly steps: number;
  /** Place of the first row in the order. */
  readonly start: number;
}

/** Whole batches in calls of at most `maxSteps`, then the rest. */
function blocksOf(rows: number, batch: number, maxSteps: number, program: string, tailProgram: string): Block[] {
  const blocks: Block[] = [];
  const whole = Math.floor(rows / batch);
  for (let step = 0; step < whole; step += maxSteps) {
    blocks.push({ program, batch, steps: Math.min(maxSteps, whole - step), start: step * batch });
  }
  if (rows % batch > 0) blocks.push({ program: tailProgram, batch: rows % batch, steps: 1, start: whole * batch });
  return blocks;
}

const inOrder = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row);
const programsOf = (blocks: readonly Block[]) => [...new Set(blocks.map(({ program }) => program))];

export function createMiniBatchRunner(options: EpochOptions): EpochRunner {
  const { spec, plan, data } = options;
  const rows = data.train.rows;
  const train = createTrainingPass(options);
  const validate = createValidationPass(options);
  const identity = inOrder(rows);
  const runEpoch = (epoch: number, lr: number): Epoch | null => {
    const order = spec.shuffle ? createRandom(streamKey(spec.seed, `shuffle/${epoch}`)).permutation(rows) : identity;
    const values: Epoch = { loss: 0 };
    return train(values, order, epoch, lr) && validate(values) ? values : null;
  };
  return {
    maxEpochs: plan.maxSteps,
    run(first, count, nextLr) {
      const epochs: Epoch[] = [];
      for (let index = 0; index < count; index++) {
        const values = runEpoch(first + index, nextLr());
        if (values === null) break;
        epochs.push(values);
        if (!Number.isFinite(values.loss)) break;
      }
      return epochs;
    },
  };
}

/** The tables of a program that an epoch fills, and the one with the norms of the gradients where they are clipped. */
function createFeed(options: EpochOptions, program: string) {
  const { spec, executable } = options;
  return {
    rows: executable.feed(program, INPUTS.rows),
    step: createStepFeed(options, program),
    norm: spec.clip_grad?.type === "norm" ? executable.result(program, "grad_norm") : null,
  };
}

/** Runs the steps of an epoch over `order`; false when it was interrupted. */
function createTrainingPass(options: EpochOptions) {
  const { spec, plan, executable, data, interrupted } = options;
  const blocks = blocksOf(data.train.rows, plan.batch, plan.maxSteps, "train", "tail");
  const programs = programsOf(blocks);
  const sums = createEpochSums(options, data.train, programs, "", "");
  const feeds = new Map(programs.map((name) => [name, createFeed(options, name)]));
  const stepsPerEpoch = Math.ceil(data.train.rows / plan.batch);
  return (values: Epoch, order: Int32Array, epoch: number, lr: number): boolean => {
    let step = (epoch - 1) * stepsPerEpoch;
    let norms = 0;
    for (const { program, batch, steps, start } of blocks) {
      if (interrupted()) return false;
      const { rows, step: feedStep, norm } = feeds.get(program) as ReturnType<typeof createFeed>;
      rows.set(order.subarray(start, start + steps * batch));
      for (let row = 0; row < steps; row++) feedStep(row, ++step, lr);
      executable.run(program, steps);
      for (let row = 0; row < steps; row++) sums.add(program, row, batch);
      if (norm) for (let row = 0; row < steps; row++) norms += norm[row] as number;
    }
    sums.finish(values);
    values.lr = lr;
    if (spec.clip_grad?.type === "norm") values.grad_norm = norms / stepsPerEpoch;
    return true;
  };
}

/** Runs validation over all held-out rows, if there are any; false when it was interrupted. */
function createValidationPass(options: EpochOptions) {
  const { plan, executable, data, interrupted } = options;
  const table = data.validation;
  if (!table) return () => true;
  const blocks = blocksOf(table.rows, plan.validationBatch, plan.maxSteps, "validate", "validate_tail");
  const sums = createEpochSums(options, table, programsOf(blocks), "", "val_");
  const order = inOrder(table.rows);
  return (values: Epoch): boolean => {
    for (const { program, batch, steps, start } of blocks) {
      if (interrupted()) return false;
      executable.feed(program, INPUTS.rows).set(order.subarray(start, start + steps * batch));
      executable.run(program, steps);
      for (let row = 0; row < steps; row++) sums.add(program, row, batch);
    }
    sums.finish(values);
    return true;
  };
}
