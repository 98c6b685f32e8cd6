/**
 * Checkpoints: the state of a run between two steps that is not a function of its spec, rows and seed. Random streams are
 * counter-based (engine/random.ts), so their only state is the number of the step.
 */
import type { CheckpointState } from "../../domain/jobs/checkpoint.ts";
import type { JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import { packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { ENGINE_VERSION, type Executable, type ScheduleState } from "../../engine/index.ts";
import { STATES, type TrainingPlan } from "./build.ts";
import type { PartialEpoch } from "./epoch.ts";

/** The state in a checkpoint besides its tensors. */
export interface TrainingProgress {
  /** State of the recorder: its last and lowest epoch. */
  readonly metrics: JobMetrics | null;
  /** Of the recorder: the epoch of the best weights; null without them, left out by servers that did not record it. */
  readonly kept?: NumberedEpoch | null;
  readonly schedule: ScheduleState | null;
  /** State of early stopping: the best value and its epoch. */
  readonly stopping: { readonly best: number; readonly bestEpoch: number } | null;
  /** The current epoch; null between epochs. */
  readonly partial: PartialEpoch | null;
  /** Seconds of training so far, over all attempts. */
  readonly seconds: number;
  /** The monitored value of the best checkpoint so far; null before the first. */
  readonly bestValue: number | null;
}

/** Prefix of the best weights among the tensors, if they are to be restored. */
const BEST = "best/";

/** Reads all current tensors of a run. Those of the network come first: this prefix is the weights of a model. */
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

/** Restores the tensors that `readTensors` read. Returns the best weights if the checkpoint has them. */
export function writeTensors(
  executable: Executable,
  plan: TrainingPlan,
  { tensors }: Pick<CheckpointState, "tensors">,
): TensorSet | null {
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

/** Key of the objects that encode NaN, infinities and -0, which JSON does not have. */
const MARK = "$number";

/** Encodes progress as the text that a checkpoint stores. */
export function encodeProgress(progress: TrainingProgress): string {
  const lossless = (_key: string, value: unknown): unknown => {
    if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
    return { [MARK]: Object.is(value, -0) ? "-0" : String(value) };
  };
  return JSON.stringify({ engine: ENGINE_VERSION, ...progress }, lossless);
}

/** The version of the engine that wrote the progress. */
export const engineOf = (text: string): string => (JSON.parse(text) as { readonly engine: string }).engine;

/** Decodes progress. Null if another version of the engine wrote it: a resumed run would not have the same bits. */
export function decodeProgress(text: string): TrainingProgress | null {
  const restored = (_key: string, value: unknown): unknown => {
    const marked = (value as { [MARK]?: string } | null)?.[MARK];
    return marked === undefined ? value : Number(marked);
  };
  const { engine, ...progress } = JSON.parse(text, restored) as TrainingProgress & { engine: string };
  return engine === ENGINE_VERSION ? progress : null;
}
