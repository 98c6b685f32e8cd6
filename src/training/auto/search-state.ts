/** The findings of a search so far: its trained candidates; the best ones keep their networks. Written to checkpoints and read back. */
import type { JobMetrics } from "../../domain/jobs/job.ts";
import { packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { ENGINE_VERSION } from "../../engine/index.ts";

/** A trained candidate. */
export interface Trial {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  /** The objective of its out-of-fold predictions, lower is better; null if it diverged. */
  readonly value: number | null;
  /** The search's metric of the same predictions; null if it diverged. */
  readonly score: number | null;
  /** Mean over the folds. */
  readonly epochs: number | null;
  readonly parameters: number;
  readonly seconds: number;
}

/** The networks of a trained candidate, and their predictions. */
export interface Networks {
  readonly trial: number;
  /** [held-out rows, outputs]: raw outputs for each held-out row, fold after fold. */
  readonly outputs: Float32Array<ArrayBuffer>;
  /** One per fold. */
  readonly weights: readonly TensorSet[];
}

/** A candidate that was trained on all folds; without networks if it diverged. */
export interface TrainedCandidate {
  readonly trial: Trial;
  readonly networks: Networks | null;
}

export interface SearchState {
  readonly trials: readonly Trial[];
  /** Of the best trials, in the order of their numbers. */
  readonly networks: readonly Networks[];
}

/** The state before the first trial. */
export const EMPTY_STATE: SearchState = { trials: [], networks: [] };

/** Adds a trial, and drops the networks of the worst if more than `kept` trials have some. */
export function addTrial(state: SearchState, trial: Trial, networks: Networks | null, kept: number): SearchState {
  const trials = [...state.trials, trial];
  const all = networks ? [...state.networks, networks] : state.networks;
  if (all.length <= kept) return { trials, networks: all };
  const worthOf = ({ trial: number }: Networks) => trials[number - 1]?.value as number;
  const worst = all.reduce((found, each) => (worthOf(each) >= worthOf(found) ? each : found));
  return { trials, networks: all.filter((each) => each !== worst) };
}

/** The text part of a search's checkpoint. */
interface Progress {
  readonly engine: string;
  readonly search: readonly Trial[];
  readonly metrics: JobMetrics | null;
  readonly seconds: number;
}

/** Returns the text of a checkpoint. */
export function encodeSearch(state: SearchState, metrics: JobMetrics | null, seconds: number): string {
  return JSON.stringify({ engine: ENGINE_VERSION, search: state.trials, metrics, seconds } satisfies Progress);
}

const PREFIX = "search/";
const outputsName = (trial: number) => `${PREFIX}${trial}/outputs`;
const weightName = (trial: number, fold: number, name: string) => `${PREFIX}${trial}/${fold}/${name}`;

/** Returns the tensors of the state, which follow those of the model in a checkpoint. */
export function stateTensors({ networks }: SearchState) {
  return networks.flatMap(({ trial, outputs, weights }) => [
    { name: outputsName(trial), shape: [outputs.length], values: outputs },
    ...weights.flatMap((set, fold) => {
      const values = unpackTensors(set);
      return set.entries.map(({ name, shape }) => ({
        name: weightName(trial, fold, name),
        shape,
        values: values.get(name) as Float32Array<ArrayBuffer>,
      }));
    }),
  ]);
}

/** Restores a state from a checkpoint. Null if another version of the engine wrote it: the networks would not have the same bits. */
export function decodeSearch(
  progress: string,
  tensors: TensorSet,
): { readonly state: SearchState; readonly metrics: JobMetrics | null; readonly seconds: number } | null {
  const { engine, search, metrics, seconds } = JSON.parse(progress) as Progress;
  if (engine !== ENGINE_VERSION) return null;
  const values = unpackTensors(tensors);
  const byTrial = new Map<number, { outputs: Float32Array<ArrayBuffer> | null; folds: Entry[][] }>();
  for (const { name, shape } of tensors.entries) {
    if (!name.startsWith(PREFIX)) continue;
    const [, trial, fold, own] = /^(\d+)\/(\w+)\/?(.*)$/.exec(name.slice(PREFIX.length)) as unknown as string[];
    const found = byTrial.get(Number(trial)) ?? { outputs: null, folds: [] };
    byTrial.set(Number(trial), found);
    const taken = values.get(name) as Float32Array<ArrayBuffer>;
    if (fold === "outputs") found.outputs = taken.slice();
    else {
      const entries = found.folds[Number(fold)] ?? [];
      found.folds[Number(fold)] = entries;
      entries.push({ name: own as string, shape, values: taken });
    }
  }
  const networks = [...byTrial].map(([trial, { outputs, folds }]) => ({
    trial,
    outputs: outputs as Float32Array<ArrayBuffer>,
    weights: folds.map(packTensors),
  }));
  return { state: { trials: search, networks }, metrics, seconds };
}

type Entry = { readonly name: string; readonly shape: readonly number[]; readonly values: Float32Array<ArrayBuffer> };
