/** Epochs of several steps: batches of rows in an order drawn for each epoch, the last batch with what is left over, then validation. */
import { createRandom, streamKey } from "../../engine/index.ts";
import { INPUTS } from "./build.ts";
import {
  CALL_BUDGET_MS,
  createEpochSums,
  createStepFeed,
  type Epoch,
  type EpochOptions,
  type EpochRunner,
  nextCount,
  type PartialEpoch,
} from "./epoch.ts";

const inOrder = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row);

/** Runs epochs of shuffled mini-batches, each with validation after it. An epoch can be interrupted between two steps. */
export function createMiniBatchRunner(options: EpochOptions): EpochRunner {
  const { spec, plan, data } = options;
  const rows = data.train.rows;
  const train = createTrainingPass(options);
  const validate = createValidationPass(options);
  const identity = inOrder(rows);
  const runEpoch = (epoch: number, nextLr: () => number): Epoch | null => {
    const order = spec.shuffle ? createRandom(streamKey(spec.seed, `shuffle/${epoch}`)).permutation(rows) : identity;
    const values: Epoch = { loss: 0 };
    if (!train.run(order, epoch, nextLr) || !validate(values)) return null;
    train.finish(values);
    return values;
  };
  return {
    maxEpochs: plan.maxSteps,
    get partial() {
      return train.partial();
    },
    run(first, count, nextLr) {
      const epochs: Epoch[] = [];
      for (let index = 0; index < count; index++) {
        const values = runEpoch(first + index, nextLr);
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

/** Runs steps in calls of bounded time: each call takes as many as fit, by the time that the last ones took. Returns their number. */
function createTimedCalls(maxSteps: number) {
  let count = 1;
  return (left: number, run: (steps: number) => void): number => {
    const steps = Math.min(count, left);
    const started = performance.now();
    run(steps);
    const elapsed = performance.now() - started;
    if (steps === count || elapsed > CALL_BUDGET_MS) count = nextCount(steps, elapsed, maxSteps);
    return steps;
  };
}

/** Runs the steps of an epoch over an order of rows, and knows where it is when it is interrupted. */
function createTrainingPass(options: EpochOptions) {
  const { spec, plan, executable, data, interrupted } = options;
  const { wholeSteps, stepsPerEpoch } = plan;
  const programs = plan.tail > 0 ? ["train", "tail"] : ["train"];
  const sums = createEpochSums(options, data.train, programs, "", "");
  const feeds = new Map(programs.map((name) => [name, createFeed(options, name)]));
  const runTimed = createTimedCalls(plan.maxSteps);
  let done = options.partial?.steps ?? 0;
  let lr: number | null = options.partial?.lr ?? null;
  let norms = options.partial?.norms ?? 0;
  if (options.partial) sums.restore(options.partial.sums);

  /** Steps `done`..`done + steps` of an epoch in one call. */
  const call = (program: string, batch: number, steps: number, order: Int32Array, epoch: number, rate: number): void => {
    const feed = feeds.get(program) as ReturnType<typeof createFeed>;
    const start = done * plan.batch;
    feed.rows.set(order.subarray(start, start + steps * batch));
    const before = (epoch - 1) * stepsPerEpoch + done;
    for (let row = 0; row < steps; row++) feed.step(row, before + row + 1, rate);
    executable.run(program, steps);
    for (let row = 0; row < steps; row++) sums.add(program, row, batch);
    if (feed.norm) for (let row = 0; row < steps; row++) norms += feed.norm[row] as number;
    done += steps;
  };

  return {
    /** False when it was interrupted: the next call goes on from there. */
    run(order: Int32Array, epoch: number, nextLr: () => number): boolean {
      lr ??= nextLr();
      const rate = lr;
      while (done < stepsPerEpoch) {
        if (interrupted()) return false;
        if (done < wholeSteps) runTimed(wholeSteps - done, (steps) => call("train", plan.batch, steps, order, epoch, rate));
        else call("tail", plan.tail, 1, order, epoch, rate);
      }
      return true;
    },
    /** Writes what the epoch gave into `values`; the next `run` begins another. */
    finish(values: Epoch): void {
      sums.finish(values);
      values.lr = lr as number;
      if (spec.clip_grad?.type === "norm") values.grad_norm = norms / stepsPerEpoch;
      done = 0;
      lr = null;
      norms = 0;
    },
    partial: (): PartialEpoch | null => (lr === null ? null : { steps: done, lr, sums: sums.state(), norms }),
  };
}

/** Runs validation over all held-out rows, if there are any; false when it was ended, and then it starts anew. */
function createValidationPass(options: EpochOptions) {
  const { plan, executable, data, ended } = options;
  const table = data.validation;
  if (!table) return () => true;
  const { rows } = table;
  const batch = plan.validationBatch;
  const wholeSteps = Math.floor(rows / batch);
  const programs = plan.validationTail > 0 ? ["validate", "validate_tail"] : ["validate"];
  const sums = createEpochSums(options, table, programs, "", "val_");
  const order = inOrder(rows);
  const runTimed = createTimedCalls(plan.maxSteps);
  const call = (program: string, size: number, steps: number, start: number): void => {
    executable.feed(program, INPUTS.rows).set(order.subarray(start, start + steps * size));
    executable.run(program, steps);
    for (let row = 0; row < steps; row++) sums.add(program, row, size);
  };
  return (values: Epoch): boolean => {
    sums.restore([]);
    for (let done = 0; done < wholeSteps; ) {
      if (ended()) return false;
      const start = done * batch;
      done += runTimed(wholeSteps - done, (steps) => call("validate", batch, steps, start));
    }
    if (plan.validationTail > 0) call("validate_tail", plan.validationTail, 1, wholeSteps * batch);
    sums.finish(values);
    return true;
  };
}
