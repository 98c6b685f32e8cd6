/** Mini-batch epochs: batches in a random order that is drawn for each epoch, a last batch of the remaining rows, then validation. */
import { createRandom, streamKey } from "../../engine/index.ts";
import { INPUTS } from "./build.ts";
import {
  CALL_BUDGET_MS,
  columnOf,
  columnsOf,
  createEpochSums,
  createStepFeed,
  type EpochColumns,
  type EpochOptions,
  type EpochRunner,
  nextCount,
  type PartialEpoch,
} from "./epoch.ts";
import { createRanking } from "./ranking.ts";

/**
 * Creates the orders of the rows, one for each epoch, which the next one overwrites: an epoch that continues over many calls does not
 * shuffle again.
 *
 * @internal Exported for its test.
 */
export function createOrders({ shuffle, seed }: Pick<EpochOptions["spec"], "shuffle" | "seed">, rows: number) {
  const identity = inOrder(rows);
  const order = new Int32Array(rows);
  let drawn = 0;
  return (epoch: number): Int32Array => {
    if (!shuffle) return identity;
    if (drawn !== epoch) createRandom(streamKey(seed, `shuffle/${epoch}`)).permutation(rows, order);
    drawn = epoch;
    return order;
  };
}

const inOrder = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row);

/** Creates the runner of epochs of shuffled mini-batches, each followed by validation. Epochs can be interrupted between steps. */
export function createMiniBatchRunner(options: EpochOptions): EpochRunner {
  const { spec, plan, data } = options;
  const columns = columnsOf(options);
  const losses = columnOf(columns, "loss");
  const train = createTrainingPass(options, columns);
  const validate = createValidationPass(options, columns);
  const orderOf = createOrders(spec, data.train.rows);
  /** False when it was interrupted. */
  const runEpoch = (epoch: number, index: number, nextLr: () => number): boolean => {
    if (!train.run(orderOf(epoch), epoch, nextLr) || !validate(index)) return false;
    train.finish(index);
    return true;
  };
  return {
    maxEpochs: plan.maxSteps,
    columns,
    get partial() {
      return train.partial();
    },
    run(first, count, nextLr) {
      let done = 0;
      while (done < count && runEpoch(first + done, done, nextLr)) {
        done++;
        if (!Number.isFinite(losses[done - 1])) break;
      }
      return done;
    },
  };
}

/** The feed tables of a program, and the result table of gradient norms if gradients are clipped. */
function createFeed(options: EpochOptions, program: string, add: (row: number, rows: number) => void) {
  const { spec, executable } = options;
  return {
    add,
    rows: executable.feed(program, INPUTS.rows),
    step: createStepFeed(options, program),
    norm: spec.clip_grad?.type === "norm" ? executable.result(program, "grad_norm") : null,
  };
}

/** Runs steps in calls of bounded duration, whose number of steps follows from the duration of earlier calls. Returns that number. */
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

/** Creates the training pass: runs the steps of an epoch over the rows in a given order, and can resume after an interruption. */
function createTrainingPass(options: EpochOptions, columns: EpochColumns) {
  const { spec, plan, executable, data, interrupted } = options;
  const { wholeSteps, stepsPerEpoch } = plan;
  const programs = plan.tail > 0 ? ["train", "tail"] : ["train"];
  const sums = createEpochSums(options, data.train, programs, "", "", columns);
  const feeds = new Map(programs.map((name) => [name, createFeed(options, name, sums.adderOf(name))]));
  const rates = columnOf(columns, "lr");
  const runTimed = createTimedCalls(plan.maxSteps);
  let done = options.partial?.steps ?? 0;
  let lr: number | null = options.partial?.lr ?? null;
  let norms = options.partial?.norms ?? 0;
  if (options.partial) sums.restore(options.partial.sums);

  /** Runs steps `done`..`done + steps` of an epoch in one call. */
  const call = (program: string, batch: number, steps: number, order: Int32Array, epoch: number, rate: number): void => {
    const feed = feeds.get(program) as ReturnType<typeof createFeed>;
    const start = done * plan.batch;
    feed.rows.set(order.subarray(start, start + steps * batch));
    const before = (epoch - 1) * stepsPerEpoch + done;
    for (let row = 0; row < steps; row++) feed.step(row, before + row + 1, rate);
    executable.run(program, steps);
    for (let row = 0; row < steps; row++) feed.add(row, batch);
    if (feed.norm) for (let row = 0; row < steps; row++) norms += feed.norm[row] as number;
    done += steps;
  };

  return {
    /** Returns false if it was interrupted; the next call resumes there. */
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
    /** Writes the values of the epoch into the columns at `index`; the next `run` starts a new epoch. */
    finish(index: number): void {
      sums.finish(index);
      rates[index] = lr as number;
      if (spec.clip_grad?.type === "norm") columnOf(columns, "grad_norm")[index] = norms / stepsPerEpoch;
      done = 0;
      lr = null;
      norms = 0;
    },
    partial: (): PartialEpoch | null => (lr === null ? null : { steps: done, lr, sums: sums.state(), norms }),
  };
}

/** Creates the validation pass over all held-out rows, if any. It returns false if the run ended, and then starts over. */
function createValidationPass(options: EpochOptions, columns: EpochColumns) {
  const { plan, executable, data, ended } = options;
  const table = data.validation;
  if (!table) return () => true;
  const { rows } = table;
  const batch = plan.validationBatch;
  const wholeSteps = Math.floor(rows / batch);
  const programs = plan.validationTail > 0 ? ["validate", "validate_tail"] : ["validate"];
  const sums = createEpochSums(options, table, programs, "", "val_", columns);
  const ranking = createRanking(options, programs, columns);
  const order = inOrder(rows);
  const runTimed = createTimedCalls(plan.maxSteps);
  const call = (program: string, size: number, steps: number, start: number): void => {
    executable.feed(program, INPUTS.rows).set(order.subarray(start, start + steps * size));
    executable.run(program, steps);
    const add = sums.adderOf(program);
    for (let row = 0; row < steps; row++) add(row, size);
    const takeRanked = ranking?.takerOf(program);
    for (let row = 0; takeRanked && row < steps; row++) takeRanked(row, start + row * size);
  };
  return (index: number): boolean => {
    sums.restore([]);
    for (let done = 0; done < wholeSteps; ) {
      if (ended()) return false;
      const start = done * batch;
      done += runTimed(wholeSteps - done, (steps) => call("validate", batch, steps, start));
    }
    if (plan.validationTail > 0) call("validate_tail", plan.validationTail, 1, wholeSteps * batch);
    sums.finish(index);
    ranking?.finish(index);
    return true;
  };
}
