/** Replays of a step of a job: the options of a request, its limits, and the answer. */
import { z } from "zod";
import { invalid, TrainyardError } from "../errors.ts";
import type { WireNumber } from "../metrics/metric.ts";
import { isSearch, type NetworkSpec } from "../spec/spec.ts";
import type { Job } from "./job.ts";
import { questionOf } from "./trained-spec.ts";

/** What can be requested of a step, besides its loss and the hash of its weights. */
export const REPLAY_ASKS = ["gradients", "activations", "loss_by_row"] as const;
export type ReplayAsk = (typeof REPLAY_ASKS)[number];

export interface ReplayRequest {
  /** Number of completed optimiser steps; 0 is before the first. */
  readonly step: number;
  readonly ask: readonly ReplayAsk[];
}

/** A replay as a thread carries it out. */
export interface PlannedReplay extends ReplayRequest {
  /** The version of the engine that trained the job, from its model or a checkpoint; null if neither is left. */
  readonly trainedBy: string | null;
}

/** Maximum rows used for a step: the first of the training part. */
export const MAX_REPLAYED_ROWS = 1024;
/** Maximum numbers of one tensor, and of all, in an answer; larger tensors have only their statistics. */
export const MAX_TENSOR_VALUES = 2048;
export const MAX_REPLAY_VALUES = 20_000;
export const HISTOGRAM_BINS = 32;
/** Maximum multiply-adds, and maximum steps, between the state that a replay starts from and its step: seconds. */
const MAX_MULTIPLY_ADDS = 5e9;
const MAX_STEPS = 1_000_000;

// Typed by its name: an enum with such members is declared in a form that TypeScript cannot read again.
const wire: z.ZodType<WireNumber> = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]);

export const tensorFigures = z
  .object({
    name: z.string().meta({ description: "For a gradient, its parameter; for an activation, the number of its layer." }),
    shape: z.array(z.int()),
    norm: wire.meta({ description: "Euclidean." }),
    mean: wire,
    min: wire,
    max: wire,
    zeros: z.number().meta({ description: "Share of its numbers that are 0." }),
    histogram: z.array(z.int()).meta({
      description: `Counts in ${HISTOGRAM_BINS} bins of equal width from min to max; if these are equal, all are in the middle bin; none if a number is not finite.`,
    }),
    values: z
      .array(wire)
      .nullable()
      .meta({ description: `Row-major; null for more than ${MAX_TENSOR_VALUES} numbers, or where the answer has too many.` }),
  })
  .meta({ id: "TensorFigures" });

export type TensorFigures = z.output<typeof tensorFigures>;

/** The steps of a job. */
export interface ReplaySize {
  readonly stepsPerEpoch: number;
  /** Of one step, with its gradients. */
  readonly multiplyAdds: number;
}

/** A replayed step, as answers carry it. */
export interface Replay {
  step: number;
  /** Completed epochs, and completed steps of the next. */
  epoch: number;
  step_of_epoch: number;
  steps_per_epoch: number;
  /** The step of the stored state from which it was computed; 0 is the start. */
  from_step: number;
  /** The version of the engine that trained and replayed the job; null if nothing says which one trained it. */
  engine_version: string | null;
  /** Of the weights, as a model's. */
  sha256: string;
  /** Number of rows for everything below. */
  rows: number;
  /** The loss of these rows with the weights of the step, in evaluation mode. */
  loss: WireNumber;
  gradients?: TensorFigures[] | undefined;
  activations?: TensorFigures[] | undefined;
  loss_by_row?: { rows: number[]; losses: WireNumber[] } | undefined;
}

/** The network of a job whose steps can be replayed. Throws conflict for a search. */
export function replayable({ spec }: Pick<Job, "spec">): NetworkSpec {
  const question = questionOf(spec);
  if (question)
    throw new TrainyardError("conflict", `the job trains its network many times: replay the job of ${question.model} instead`);
  if (isSearch(spec))
    throw new TrainyardError("conflict", "a search trains many networks: replay a job with the model of one of its candidates");
  return spec as NetworkSpec;
}

/**
 * Throws conflict if another version of the engine stored the state that a step is replayed from: the version changes whenever bits can. If
 * `storedBy` is null, nobody knows, and the answer says so. `trainedBy` ended the job: after an upgrade, some of its states can be older.
 */
export function ensureSameEngine(storedBy: string | null, engine: string, trainedBy: string | null): void {
  if (storedBy === null || storedBy === engine) return;
  const cure = `Submit its spec again (POST /v1/jobs with the spec that GET /v1/jobs/{id} has), and replay that job`;
  throw new TrainyardError(
    "conflict",
    trainedBy === engine
      ? `the nearest state stored before this step is from version ${storedBy} of the engine, but version ${engine} trained the job again after an upgrade: ask for a later step, whose nearest state is from that version. Or: ${cure}`
      : `version ${storedBy} of the engine trained this job, but this server has version ${engine}: its steps would not have the same bits. ${cure}`,
  );
}

/** Throws invalid for a step that the job has not reached. */
export function ensureStep(step: number, most: number): void {
  if (step > most) throw invalid([{ pointer: "/step", detail: `the job has done ${most} steps: ask for 0 to ${most}` }]);
}

/** Throws invalid if the nearest state is too far away, `steps` of this many multiply-adds each. */
export function ensureNear(steps: number, multiplyAdds: number): void {
  if (steps <= MAX_STEPS && steps * multiplyAdds <= MAX_MULTIPLY_ADDS) return;
  const most = Math.floor(Math.min(MAX_STEPS, MAX_MULTIPLY_ADDS / multiplyAdds));
  throw invalid([
    {
      pointer: "/step",
      detail: `the nearest stored state is ${steps} steps before it, but at most ${most} can be replayed: ask for a step after a checkpoint, or train with more checkpoints (checkpoint.every_epochs, checkpoint.keep)`,
    },
  ]);
}
