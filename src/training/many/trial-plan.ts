/**
 * The plan of many trials: the compiled steps of a spec for tables of given sizes, with the memory that the trials use in turn. Knows what
 * may differ between its trials and what is compiled in, but not how a trial runs.
 */
import type { NetworkSpec, ResolvedSpec } from "../../domain/spec/spec.ts";
import { compile, createOptimizer, type Executable, type Optimizer } from "../../engine/index.ts";
import { planTraining, type TrainingPlan, type TrainingSizes } from "../run/build.ts";
import { createColumns, type EpochColumns } from "../run/epoch.ts";

/** The parts of a spec that may differ between the trials of a plan. All others are the plan's own. */
export type TrialSettings = Partial<Pick<ResolvedSpec, "optimizer" | "scheduler" | "early_stopping" | "epochs" | "shuffle">>;

/** Compiled steps of one kind of optimiser, and the memory in which trials run, one after the other. */
export interface CompiledSteps {
  readonly plan: TrainingPlan;
  readonly executable: Executable;
  /** The values of the epochs of a call: each trial overwrites those of the one before. */
  readonly columns: EpochColumns;
  /** The content of the memory: the objects whose rows were written last. */
  readonly resident: Map<string, object>;
  /** Epochs of the first call of a trial: as many as the previous trial's calls could run in time. */
  pace: number;
}

export interface TrialPlan {
  readonly spec: NetworkSpec;
  readonly sizes: TrainingSizes;
  /** Returns the steps for an optimiser, compiled unless an earlier trial needed them, and the optimiser that feeds them. */
  stepsFor(optimizer: ResolvedSpec["optimizer"]): { readonly steps: CompiledSteps; readonly optimizer: Optimizer };
}

/** Maximum compiled optimisers of a plan: each has a copy of the rows. */
const MAX_COMPILED = 8;

/**
 * Compiles the steps of a spec for tables of these sizes: one plan for all trials with these sizes. It holds one copy of the rows in
 * memory, or a few if its trials differ in what is compiled in. Throws a GraphError if layers do not fit together.
 */
export function planTrials(spec: NetworkSpec, sizes: TrainingSizes): TrialPlan {
  const compiled = new Map<string, CompiledSteps>();
  const stepsFor: TrialPlan["stepsFor"] = (options) => {
    const optimizer = createOptimizer(options);
    const key = compiledIn(options, optimizer);
    const steps = compiled.get(key) ?? compileSteps({ ...spec, optimizer: options }, sizes);
    // The map iterates in insertion order, so its first entry is the least recently used one.
    compiled.delete(key);
    compiled.set(key, steps);
    if (compiled.size > MAX_COMPILED) compiled.delete(compiled.keys().next().value as string);
    return { steps, optimizer };
  };
  stepsFor(spec.optimizer);
  return { spec, sizes, stepsFor };
}

/** The part of an optimiser that is compiled into the steps: its formulas. Their numbers are fed. */
function compiledIn(options: ResolvedSpec["optimizer"], { slots, scalars, constants }: Optimizer): string {
  const names = [slots, scalars, constants].map((numbers) => Object.keys(numbers).join());
  return [options.type, "nesterov" in options && options.nesterov, ...names].join("/");
}

function compileSteps(spec: NetworkSpec, sizes: TrainingSizes): CompiledSteps {
  const plan = planTraining(spec, sizes, { feedsConstants: true });
  const executable = compile(plan.programs, { maxSteps: plan.maxSteps, maxMemoryBytes: 2 ** 32 - 2 ** 16 });
  const columns = createColumns(plan, spec, sizes.validationRows > 0);
  return { plan, executable, columns, resident: new Map(), pace: 1 };
}
