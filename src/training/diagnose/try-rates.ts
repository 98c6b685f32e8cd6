/** Trains a diverged run again with smaller learning rates, within a budget of work. Does not know what went wrong. */
import type { RateTrials } from "../../domain/jobs/divergence.ts";
import type { RunState } from "../replay/last-good.ts";
import { type RanStep, type Steps, workOfStep } from "../replay/stepper.ts";
import { writeTensors } from "../run/checkpoint.ts";
import { createEpochs } from "../run/epochs.ts";
import { readWeights } from "../run/initial-memory.ts";

export interface Tried extends Steps {
  readonly good: RunState;
  readonly start: () => void;
  readonly cancelled: () => boolean;
}

/** Shares of the learning rate that are tried. */
const SHARES = [0.3, 0.1, 0.03, 0.01, 0.001];
/** Maximum multiply-adds and maximum steps of a try: about a second each. */
const MAX_MULTIPLY_ADDS = 1e9;
const MAX_STEPS = 50_000;

/**
 * Returns the largest of a few learning rates with which the run does not diverge: from its start, or from its last good state if the start
 * is too far away, over as many of its epochs as the budget allows. Null if not one epoch of a try fits the budget, or the run was
 * cancelled.
 */
export function tryRates(run: Tried, failed: Pick<RanStep, "epoch">): RateTrials | null {
  const { spec, plan, data } = run;
  const most = Math.min(MAX_STEPS, MAX_MULTIPLY_ADDS / workOfStep(plan, data.validation?.rows ?? 0));
  const mostEpochs = Math.floor(most / plan.stepsPerEpoch);
  if (mostEpochs < 1) return null;
  const isFromStart = failed.epoch <= mostEpochs;
  const from = isFromStart ? 0 : run.good.epoch;
  const to = Math.min(spec.epochs, from + mostEpochs);
  const base = rateOf(spec);
  const tried: number[] = [];
  for (const share of SHARES) {
    const rate = Number((base * share).toPrecision(2));
    tried.push(rate);
    const outcome = survives(run, share, isFromStart, from, to);
    if (outcome === null) return null;
    if (outcome) return { tried, survives: rate, from_epoch: from, to_epoch: to };
  }
  return { tried, survives: null, from_epoch: from, to_epoch: to };
}

/** The learning rate that a smaller one replaces: the greatest of one_cycle_lr, which ignores the optimiser's. */
function rateOf({ optimizer, scheduler }: Steps["spec"]): number {
  return scheduler?.type === "one_cycle_lr" ? scheduler.max_lr : optimizer.lr;
}

/** Whether losses stay finite and do not end above their start; null if it was cancelled. */
function survives(run: Tried, share: number, isFromStart: boolean, from: number, to: number): boolean | null {
  const { spec, plan, executable, data, classes, good, start, cancelled } = run;
  if (isFromStart) start();
  else writeTensors(executable, plan, { tensors: good.tensors });
  const epochs = createEpochs(
    {
      spec: { ...spec, early_stopping: null },
      plan: { ...plan, optimizer: slower(plan.optimizer, share) },
      executable,
      data,
      classes,
      ended: cancelled,
      interrupted: cancelled,
      partial: null,
    },
    { schedule: isFromStart ? null : good.schedule, stopping: null, bestWeights: null },
  );
  let first: number | null = null;
  let last = 0;
  for (let epoch = from; epoch < to; ) {
    if (cancelled()) return null;
    const ran = epochs.run(epoch + 1, Math.min(epochs.most, to - epoch));
    if (ran === 0) continue;
    if (epochs.finite(ran) < ran) return false;
    first ??= epochs.loss(0);
    last = epochs.loss(ran - 1);
    epoch += ran;
    epochs.observe(epoch, ran);
  }
  return readWeights(executable, plan).data.every(Number.isFinite) && last <= (first ?? last);
}

/** The optimiser with its learning rate scaled, whatever schedule sets it. */
function slower(optimizer: Steps["plan"]["optimizer"], share: number): Steps["plan"]["optimizer"] {
  const scalars = Object.fromEntries(
    Object.entries(optimizer.scalars).map(([name, compute]) => [name, (step: number, lr: number) => compute(step, lr * share)]),
  );
  return { ...optimizer, scalars };
}
