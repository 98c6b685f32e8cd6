/** The memory of a run before its first step: rows, keys of the random streams, initial weights and initial slots. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount, packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { createRandom, type Executable, streamKey } from "../../engine/index.ts";
import { PAYLOAD } from "../data/source.ts";
import type { Table } from "../data/table.ts";
import { STATES, type TrainingPlan } from "./build.ts";
import type { EpochRows } from "./epoch.ts";

/** The states of the rows that steps read, with their values. */
export function rowStates(train: Table, validation: Table | null): (readonly [state: string, values: Float32Array])[] {
  const weights = (state: string, table: Table) => (table.weights ? [[state, table.weights] as const] : []);
  const held = validation && [
    [STATES.validationFeatures, validation.features] as const,
    [STATES.validationTargets, validation.targets] as const,
    ...weights(STATES.validationWeights, validation),
  ];
  return [
    [STATES.features, train.features],
    [STATES.targets, train.targets],
    ...weights(STATES.weights, train),
    ...(held ?? []),
  ];
}

/** Writes the keys of the random streams of layers. */
export function writeKeys(executable: Executable, { network }: TrainingPlan, seed: number): void {
  for (const layer of network.draws) executable.write(STATES.dropoutKey(layer), streamKey(seed, `dropout/${layer}`));
}

/** Writes rows and keys, which no step changes. */
export function writeInputs(
  executable: Executable,
  plan: TrainingPlan,
  spec: ResolvedSpec,
  { train, validation }: Pick<EpochRows, "train" | "validation">,
): void {
  for (const [state, values] of rowStates(train, validation)) executable.write(state, values);
  writeKeys(executable, plan, spec.seed);
}

/** Writes the optimiser's slots and the initial weights, drawn by the seed or from `init_from`, whose weights are in `payload`. */
export function writeStart(
  executable: Executable,
  plan: TrainingPlan,
  { seed, init_from }: ResolvedSpec,
  payload: TensorSet | null,
): void {
  const given = init_from ? unpackTensors(payload as TensorSet) : null;
  writeTensorStart(executable, plan, seed, (name) => given?.get(PAYLOAD.initial + name));
}

/** Writes the optimiser's slots and the initial weights: those that are `given`, by name, else those that the seed draws. */
export function writeTensorStart(
  executable: Executable,
  plan: TrainingPlan,
  seed: number,
  given: (name: string) => Float32Array | undefined,
): void {
  for (const { name, shape, initialise, trainable } of plan.network.tensors) {
    executable.write(name, given(name) ?? initialise(createRandom(streamKey(seed, `init/${name}`))));
    for (const [slot, fill] of Object.entries(trainable ? plan.optimizer.slots : {})) {
      executable.write(STATES.slot(slot, name), new Float32Array(elementCount(shape)).fill(fill));
    }
  }
}

/** Returns a copy of the network's parameters and buffers. */
export function readWeights(executable: Executable, plan: TrainingPlan): TensorSet {
  return packTensors(plan.network.tensors.map(({ name, shape }) => ({ name, shape, values: executable.read(name) })));
}
