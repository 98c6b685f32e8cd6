/**
 * Finds out why a run diverged: replays its last good state step by step until a number is not finite, asks the engine which operation made
 * it, and tries smaller learning rates. Does not know how the result is worded.
 */
import type { Divergence, FailedOperation, FailureKind, StepPart } from "../../domain/jobs/divergence.ts";
import { toWire } from "../../domain/metrics/metric.ts";
import { type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { type FirstFailure, firstFailure, leavesOf, type Program, type StepValues } from "../../engine/index.ts";
import type { RunState } from "../replay/last-good.ts";
import { createStepper, type RanStep, type Steps, workOfStep } from "../replay/stepper.ts";
import { INPUTS, STATES } from "../run/build.ts";
import { readTensors } from "../run/checkpoint.ts";
import { tryRates } from "./try-rates.ts";

export interface Diverged extends Steps {
  /** The training rows' numbers in the data. */
  readonly rowNumbers: Int32Array;
  /** The last state whose numbers are all finite. */
  readonly good: RunState;
  /** The first epoch whose loss or weights are not finite. */
  readonly epoch: number;
  /** Writes the initial state of the run. */
  readonly start: () => void;
  /** Whether nobody waits for the answer any more. */
  readonly cancelled: () => boolean;
}

/** Maximum multiply-adds, and maximum steps, between the last good state and the step that failed: seconds, and far more than the run takes. */
const MAX_MULTIPLY_ADDS = 2e10;
const MAX_STEPS = 500_000;

/** Returns why a run diverged; null if replaying it shows nothing, or it was cancelled. The memory of the executable is overwritten. */
export function diagnose(run: Diverged): Divergence | null {
  const failed = firstBadStep(run);
  if (failed === "too_far") return { first: null, learning_rate: tryRates(run, run) };
  if (!failed) return null;
  const program = run.plan.programs[failed.step.program] as Program;
  const found = firstFailure(program, ["loss"], failed.values, run.cancelled);
  if (found === null) return null;
  const first = found === "too_large" ? null : describe(found, failed.step, run);
  const isBeforeUpdates = failed.step.step === 1 && first !== null && first.part !== "update";
  return { first, learning_rate: isBeforeUpdates ? null : tryRates(run, failed.step) };
}

interface FailedStep {
  readonly step: RanStep;
  /** The operands of the failed operation. */
  readonly values: StepValues;
}

/** Null if no step fails, or the run was cancelled; "too_far" if the budget ends before the step that does. */
function firstBadStep(run: Diverged): FailedStep | "too_far" | null {
  const { executable, plan, data, good, epoch, cancelled } = run;
  // The state is copied and checked after each step.
  const work = workOfStep(plan, data.validation?.rows ?? 0) + good.tensors.data.length;
  let left = Math.min(MAX_STEPS, MAX_MULTIPLY_ADDS / work);
  const next = createStepper(run, good);
  let before = good.tensors;
  for (; left >= 1; left--) {
    const step = next();
    const after = readTensors(executable, plan, null);
    if (!Number.isFinite(step.loss) || !after.data.every(Number.isFinite)) return { step, values: valuesOf(run, step, before) };
    if (cancelled() || step.step >= epoch * plan.stepsPerEpoch) return null;
    before = after;
  }
  return "too_far";
}

/** The values of a step that has run: its feeds, and its state before it. */
function valuesOf({ executable, plan, data }: Diverged, { program }: RanStep, before: TensorSet): StepValues {
  const { inputs } = leavesOf(plan.programs[program] as Program);
  const states = unpackTensors(before);
  const feeds = new Map(
    inputs.flatMap(({ op, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return op.kind === "input" ? [[op.name, executable.feed(program, op.name).subarray(0, size)] as const] : [];
    }),
  );
  const rowLeaves: readonly string[] = [STATES.features, STATES.targets, STATES.weights];
  return {
    valuesOf: (leaf) => feeds.get(leaf) ?? states.get(leaf) ?? executable.read(leaf),
    rows: feeds.get(INPUTS.rows)?.length ?? data.train.rows,
    isRows: (leaf) => rowLeaves.includes(leaf),
  };
}

function describe(failure: FirstFailure, { epoch, step, program }: RanStep, run: Diverged): FailedOperation {
  const { op, scope } = failure.tensor;
  const positions = run.plan.batch === run.data.train.rows ? null : run.executable.feed(program, INPUTS.rows);
  const part = (scope?.part ?? "forward") as StepPart;
  const path = scope?.path || null;
  return {
    operation: op.kind === "unary" || op.kind === "binary" ? op.fn : op.kind,
    part,
    layer: part === "update" ? null : path,
    parameter: part === "update" ? path : null,
    type: scope?.type || null,
    kind: kindOf(failure),
    epoch,
    step,
    elements: failure.elements,
    rows: failure.rows.map((row) => run.rowNumbers[positions ? (positions[row] as number) : row] as number),
    operands: failure.operands.map(toWire),
    result: toWire(failure.result),
    float64: toWire(failure.exact),
  };
}

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

function kindOf({ exact, operands, exactOperands }: FirstFailure): FailureKind {
  const isRounded = operands.some((operand, index) => operand === 0 && exactOperands[index] !== 0);
  if (isRounded) return "rounding";
  if (!Number.isFinite(exact)) return "undefined";
  return Math.abs(exact) > LARGEST ? "overflow" : "rounding";
}
