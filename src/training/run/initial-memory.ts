/** The memory of a run before its first step: rows, keys of the random streams, initial weights and initial slots. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount, packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { createRandom, type Executable, streamKey } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import { PAYLOAD } from "../data/source.ts";
import { STATES, type TrainingPlan } from "./build.ts";

/** Writes rows and keys, which no step changes. */
export function writeInputs(
  executable: Executable,
  plan: TrainingPlan,
  spec: ResolvedSpec,
  { train, validation }: JobData,
): void {
  executable.write(STATES.features, train.features);
  executable.write(STATES.targets, train.targets);
  if (train.weights) executable.write(STATES.weights, train.weights);
  if (validation) {
    executable.write(STATES.validationFeatures, validation.features);
    executable.write(STATES.validationTargets, validation.targets);
    if (validation.weights) executable.write(STATES.validationWeights, validation.weights);
  }
  for (const layer of plan.network.draws) executable.write(STATES.dropoutKey(layer), streamKey(spec.seed, `dropout/${layer}`));
}

/** Writes the optimiser's slots and the initial weights, drawn by the seed or from `init_from`, whose weights are in `payload`. */
export function writeStart(
  executable: Executable,
  plan: TrainingPlan,
  { seed, init_from }: ResolvedSpec,
  payload: TensorSet | null,
): void {
  const given = init_from ? unpackTensors(payload as TensorSet) : null;
  for (const { name, shape, initialise, trainable } of plan.network.tensors) {
    executable.write(name, given?.get(PAYLOAD.initial + name) ?? initialise(createRandom(streamKey(seed, `init/${name}`))));
    for (const [slot, fill] of Object.entries(trainable ? plan.optimizer.slots : {})) {
      executable.write(STATES.slot(slot, name), new Float32Array(elementCount(shape)).fill(fill));
    }
  }
}

/** Returns a copy of the network's parameters and buffers. */
export function readWeights(executable: Executable, plan: TrainingPlan): TensorSet {
  return packTensors(plan.network.tensors.map(({ name, shape }) => ({ name, shape, values: executable.read(name) })));
}
