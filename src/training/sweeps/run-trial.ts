/**
 * Trains the trials of a sweep one after the other: each as a job without its evaluation, once for each fold, to the bits of that job. A
 * trial that will continue stops at its rung, and its state leads to the bits of a training that never stopped.
 */
import { createHash } from "node:crypto";
import { isMaximized } from "../../domain/metrics/direction.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import type { PlannedTrial, Trial, TrialCurve } from "../../domain/sweeps/trial.ts";
import type { FoldState } from "../../domain/sweeps/trial-run.ts";
import type { Parts } from "../data/split.ts";
import { trainTrial } from "../many/train-many.ts";
import type { TrialState } from "../many/trial.ts";
import { DIVERGED_CURE } from "../run/epoch-loop.ts";
import { createCurve, meanCurve } from "./curve.ts";
import { projectedValue } from "./projection.ts";
import { createTrialParts, type OpenTrial } from "./trial-parts.ts";
import type { OpenSweep } from "./trial-source.ts";

/** A trial's row; and the state of each fold, if the trial will continue. */
export interface TrialOutcome {
  readonly trial: Trial;
  readonly states: readonly FoldState[] | null;
}

export interface TrialTrainer {
  /**
   * Trains a trial up to its rung or its end. `states` are those of its last rung, if they are known; otherwise it starts again, to the
   * same bits. Returns null when cancelled.
   */
  run(planned: PlannedTrial, generation: number, states: readonly FoldState[] | null): TrialOutcome | null;
}

interface Done {
  readonly kind: "done";
  readonly value: number;
  readonly projected: number;
  readonly epochs: number;
  readonly curve: TrialCurve;
  /** Of the weights. */
  readonly sha256: string;
  readonly weights: Float32Array;
  readonly state: FoldState | null;
}

/** The result of one training. */
type Training =
  | Done
  | { readonly kind: "failed"; readonly reason: string; readonly epochs: number; readonly curve: TrialCurve }
  | null;

/** The state from which a fold resumes, besides its tensors. */
interface Progress extends Omit<TrialState, "epoch" | "tensors"> {
  /** The value of the objective at the best epoch so far. */
  readonly value: number;
  /** Duration of its rungs so far: max_seconds of the job covers all of them together. */
  readonly spentMs: number;
}

/** Creates the trainer of a sweep. `cancelled` is called every few milliseconds. */
export function createTrialTrainer(sweep: OpenSweep, cancelled: () => boolean): TrialTrainer {
  const shared = createTrialParts(sweep);
  const metric = sweep.spec.objective.metric as Series;
  const goesUp = isMaximized(sweep.spec.objective);

  function trainFold(
    opened: Extract<OpenTrial, { ok: true }>,
    parts: Parts | null,
    fold: number,
    until: number | null,
    state: FoldState | null,
  ): Training {
    const { plan, data } = shared.open(opened, parts, fold);
    const { spec } = opened.job;
    const isRung = until !== null && until < spec.epochs;
    const progress = state && (state.progress as Progress);
    const done = state?.epoch ?? 0;
    const begun = performance.now() - (progress?.spentMs ?? 0);
    let isLate = false;
    const ended = () => {
      isLate ||= performance.now() - begun > spec.max_seconds * 1000;
      return isLate || cancelled();
    };
    const outcome = trainTrial(
      // The steps are shared by all that compile to them; everything else is the trial's own.
      { ...plan, spec: spec as NetworkSpec },
      {
        seed: spec.seed,
        train: data.train,
        validation: data.validation,
        scalings: data.preprocessing?.targets.map(({ scaling }) => scaling) ?? [],
        initial: opened.common.initial,
        series: [metric],
        from: state && progress && { epoch: state.epoch, tensors: state.tensors, ...progress },
        ...(isRung && { until }),
      },
      ended,
    );
    const curve = createCurve(spec.epochs, state?.curve ?? null);
    const values = outcome.curve.get(metric) as Float64Array;
    curve.add(done + 1, values);
    const common = { epochs: outcome.epochs, curve: curve.points() };
    const failed = (reason: string): Training => ({ kind: "failed", reason, ...common });
    if (outcome.state === "cancelled")
      return isLate ? failed(`training took longer than max_seconds, ${spec.max_seconds}`) : null;
    if (outcome.state === "failed") return failed(outcome.error.detail);
    const { bestEpoch, weights, sha256, next } = outcome;
    const value = bestEpoch > done ? (values[bestEpoch - done - 1] as number) : (progress?.value ?? Number.NaN);
    if (!Number.isFinite(value)) return failed(`${metric} is ${value}: ${DIVERGED_CURE}`);
    const isBest = spec.early_stopping?.restore_best ?? false;
    return {
      kind: "done",
      value,
      // A trial that stopped early is already where it was going.
      projected:
        next && next.stopped === null
          ? projectedValue({ curve: common.curve, value, isBest, isMaximized: goesUp, epochs: spec.epochs })
          : value,
      sha256,
      weights: weights.data,
      state: next && stateOf(next, { value, spentMs: performance.now() - begun }, common.curve),
      ...common,
    };
  }

  return {
    run(planned, generation, states) {
      const startedAt = performance.now();
      const { number, parameters, untilEpoch } = planned;
      const secondsSince = () => Math.round(performance.now() - startedAt) / 1000;
      const failed = (reason: string, epochs: number, curve: TrialCurve | null): TrialOutcome => {
        const none = { value: null, projected_value: null, fold_values: null, sha256: null };
        const trial = { number, generation, parameters, state: "failed" as const, reason: reason.slice(0, MAX_REASON) };
        return { trial: { ...trial, ...none, epochs, seconds: secondsSince(), curve }, states: null };
      };
      const prepared = shared.prepare(parameters);
      if (!prepared.ok)
        return failed(prepared.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; "), 0, null);
      const { job } = prepared;
      const done: Done[] = [];
      for (const [fold, parts] of shared.foldsOf(job).entries()) {
        const training = trainFold(prepared, parts, fold, untilEpoch, states?.[fold] ?? null);
        if (training === null) return null;
        if (training.kind === "failed") return failed(training.reason, training.epochs, training.curve);
        done.push(training);
      }
      const values = done.map(({ value }) => value);
      // A trial that stopped early is still compared at this rung.
      const isRung = untilEpoch !== null && untilEpoch < job.spec.epochs;
      const trial: Trial = {
        number,
        generation,
        parameters,
        state: isRung ? "running" : "succeeded",
        reason: null,
        value: values.reduce((sum, value) => sum + value, 0) / values.length,
        // Divided first, because projections may be very large.
        projected_value: isRung ? done.reduce((sum, { projected }) => sum + projected / done.length, 0) : null,
        fold_values: sweep.spec.folds ? values : null,
        epochs: Math.max(...done.map(({ epochs }) => epochs)),
        seconds: secondsSince(),
        sha256: isRung ? null : sha256OfAll(done),
        curve: meanCurve(done.map(({ curve }) => curve)),
      };
      return { trial, states: isRung ? done.flatMap(({ state }) => state ?? []) : null };
    },
  };
}

const MAX_REASON = 500;

/** SHA-256 of the weights of all folds, in order, as float32. */
function sha256OfAll(folds: readonly Done[]): string {
  if (folds.length === 1) return (folds[0] as Done).sha256;
  const hash = createHash("sha256");
  for (const { weights } of folds) hash.update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  return hash.digest("hex");
}

function stateOf(
  { epoch, tensors, ...rest }: TrialState,
  own: Pick<Progress, "value" | "spentMs">,
  curve: TrialCurve,
): FoldState {
  return { epoch, tensors, curve, progress: { ...rest, ...own } satisfies Progress };
}
