/** The memory of a trial before its first step: rows, unless they are already there, random keys, and the initial tensors. */
import { type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import type { Table } from "../data/table.ts";
import { INPUTS } from "../run/build.ts";
import { writeTensors } from "../run/checkpoint.ts";
import { rowStates, writeKeys, writeTensorStart } from "../run/initial-memory.ts";
import type { Trial } from "./trial.ts";
import type { CompiledSteps, TrialPlan } from "./trial-plan.ts";

/**
 * Writes the initial state of a trial, and returns the best weights so far of a resumed one. Throws a RangeError for tables whose sizes are
 * not the plan's.
 */
export function writeTrial({ sizes }: TrialPlan, steps: CompiledSteps, trial: Trial): TensorSet | null {
  const { plan, executable, resident } = steps;
  const { seed, train, validation, initial, from } = trial;
  ensureRows("train", train.rows, sizes.rows);
  ensureRows("validation", validation?.rows ?? 0, sizes.validationRows);
  ensureWeights(train, sizes.weighted);
  for (const [name, values] of rowStates(train, validation)) {
    if (resident.get(name) === values) continue;
    executable.write(name, values);
    resident.set(name, values);
  }
  writeKeys(executable, plan, seed);
  for (const program of ["train", ...(plan.tail > 0 ? ["tail"] : [])]) {
    for (const [name, value] of Object.entries(plan.optimizer.constants)) {
      executable.feed(program, INPUTS.scalar(name)).fill(value);
    }
  }
  if (from) return writeTensors(executable, plan, from);
  const given = initial ? unpackTensors(initial) : null;
  writeTensorStart(executable, plan, seed, (name) => given?.get(name));
  return null;
}

function ensureRows(part: string, rows: number, planned: number): void {
  if (rows !== planned) throw new RangeError(`${part} has ${rows} rows, and the plan is for ${planned}`);
}

function ensureWeights({ weights }: Table, weighted: boolean): void {
  if ((weights !== null) !== weighted) throw new RangeError(`the plan is for rows ${weighted ? "with" : "without"} weights`);
}
