/**
 * Checkpoints: everything of a run that is not a function of its spec, rows and seed, between any two steps. Random streams are
 * counted (engine/random.ts), so that the number of the step is all that there is to keep of them.
 */
import type { CheckpointState } from "../../domain/jobs/checkpoint.ts";
import type { JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import { packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { ENGINE_VERSION, type Executable, type ScheduleState } from "../../engine/index.ts";
import { STATES, type TrainingPlan } from "./build.ts";
import type { PartialEpoch } from "./epoch.ts";

/** What a checkpoint keeps beside tensors. */
export interface TrainingProgress {
  /** Of the recorder: its last and lowest epoch. */
  readonly metrics: JobMetrics | null;
  /** Of the recorder: the epoch of the best weights; null without them, left out by servers that did not record it. */
  readonly kept?: NumberedEpoch | null;
  readonly schedule: ScheduleState | null;
  /** Of early stopping: the best value and its epoch. */
  readonly stopping: { readonly best: number; readonly bestEpoch: number } | null;
  /** The epoch under way; null between epochs. */
  readonly partial: PartialEpoch | null;
  /** Seconds trained until then, in all attempts. */
  readonly seconds: number;
  /** The monitored value of the best checkpoint so far; null before the first. */
  readonly bestValue: number | null;
}

/** Names the best weights among the tensors, where they are to be restored. */
const BEST = "best/";

/** All tensors of a run as they are now: those of the network first, so that they alone are a model's weights. */
export function readTensors(executable: Executable, plan: TrainingPlan, bestWeights: TensorSet | null): TensorSet {
  const { tensors } = plan.network;
  const weights = tensors.map(({ name, shape }) => ({ name, shape, values: executable.read(name) }));
  const slots = tensors
    .filter(({ trainable }) => trainable)
    .flatMap(({ name, shape }) =>
      Object.keys(plan.optimizer.slots).map((slot) => {
        const state = STATES.slot(slot, name);
        return { name: state, shape, values: executable.read(state) };
      }),
    );
  const best = bestWeights ? [...unpackTensors(bestWeights)] : [];
  const shapeOf = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const kept = best.map(([name, values]) => ({ name: BEST + name, shape: shapeOf.get(name) ?? [], values }));
  return packTensors([...weights, ...slots, ...kept]);
}

/** Writes the tensors of a checkpoint to where `readTensors` took them from. Returns the best weights, if it has them. */
export function writeTensors(executable: Executable, plan: TrainingPlan, { tensors }: CheckpointState): TensorSet | null {
  const best = [];
  for (const [name, values] of unpackTensors(tensors)) {
    if (name.startsWith(BEST)) best.push([name.slice(BEST.length), values] as const);
    else executable.write(name, values);
  }
  if (best.length === 0) return null;
  const valuesOf = new Map(best);
  return packTensors(
    plan.network.tensors.map(({ name, shape }) => ({ name, shape, values: valuesOf.get(name) as Float32Array<ArrayBuffer> })),
  );
}

/** Numbers that JSON would lose travel as objects: it has no NaN, no infinities and no minus zero. */
const MARK = "$number";

/** Progress as the text that a checkpoint carries. */
export function encodeProgress(progress: TrainingProgress): string {
  const lossless = (_key: string, value: unknown): unknown => {
    if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
    return { [MARK]: Object.is(value, -0) ? "-0" : String(value) };
  };
  return JSON.stringify({ engine: ENGINE_VERSION, ...progress }, lossless);
}

/** Progress from its text; null when another version of the engine wrote it, whose bits these would not continue. */
export function decodeProgress(text: string): TrainingProgress | null {
  const restored = (_key: string, value: unknown): unknown => {
    const marked = (value as { [MARK]?: string } | null)?.[MARK];
    return marked === undefined ? value : Number(marked);
  };
  const { engine, ...progress } = JSON.parse(text, restored) as TrainingProgress & { engine: string };
  return engine === ENGINE_VERSION ? progress : null;
}
