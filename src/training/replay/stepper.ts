/** Runs a training one step at a time, from any of its states, to the same bits. Does not know why. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import type { Executable } from "../../engine/index.ts";
import type { TrainingPlan } from "../run/build.ts";
import { writeTensors } from "../run/checkpoint.ts";
import type { EpochRows } from "../run/epoch.ts";
import { createEpochs } from "../run/epochs.ts";
import type { RunState } from "./last-good.ts";

export interface Steps {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  /** Its memory has the rows. */
  readonly executable: Executable;
  readonly data: EpochRows;
  /** 0 for a regression. */
  readonly classes: number;
}

/** A step that has run. */
export interface RanStep {
  /** Of the step, counted from 1. */
  readonly epoch: number;
  /** Of the whole run, counted from 1. */
  readonly step: number;
  /** Its program, `train` or `tail`: the feeds of its first row are the step's. */
  readonly program: string;
  readonly loss: number;
}

/** Restores the state and returns the function that runs the next step. */
export function createStepper({ spec, plan, executable, data, classes }: Steps, from: RunState): () => RanStep {
  writeTensors(executable, plan, from);
  let allowed = 0;
  const epochs = createEpochs(
    {
      spec: { ...spec, early_stopping: null },
      plan: { ...plan, maxSteps: 1 },
      executable,
      data,
      classes,
      ended: () => false,
      interrupted: () => allowed-- <= 0,
      partial: from.partial,
    },
    { schedule: from.schedule, stopping: null, bestWeights: null },
  );
  let done = from.epoch;
  let within = from.partial?.steps ?? 0;
  return () => {
    const epoch = done + 1;
    const step = done * plan.stepsPerEpoch + within + 1;
    const program = within < plan.wholeSteps ? "train" : "tail";
    allowed = 1;
    if (epochs.run(epoch, 1) === 1) {
      epochs.observe(epoch, 1);
      done++;
      within = 0;
    } else within++;
    return { epoch, step, program, loss: executable.result(program, "loss")[0] as number };
  };
}

/** Approximate multiply-adds of a step: its rows forward and back, the update of its weights, and its share of an epoch's held-out rows. */
export function workOfStep({ network, optimizer, batch, stepsPerEpoch }: TrainingPlan, validationRows: number): number {
  const perRow = network.layers.reduce((total, { multiplyAdds }) => total + Math.max(1, multiplyAdds), 1);
  const parameters = network.parameters.reduce((total, { shape }) => total + elementCount(shape), 0);
  const updates = parameters * (1 + Object.keys(optimizer.slots).length);
  return 3 * batch * perRow + updates + (validationRows * perRow) / stepsPerEpoch;
}
