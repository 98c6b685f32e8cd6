/** The cost of training a spec, computed before anything is allocated: its memory, and how much there is to compile. */
import { MAX_THREADS } from "../../domain/spec/run-options.ts";
import type { NetworkSpec, ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import { memoryFor, operationCount } from "../../engine/index.ts";
import type { DataShape } from "../data/source.ts";
import { blockMemory } from "../predict/inference.ts";
import { keptPlan, type TrainingPlan } from "./build.ts";
import { LOSS_ACTIVATION } from "./network.ts";

/** Maximum operations of all programs, gradients and updates included: those of a hundred linear layers in batches fit. */
const MAX_OPERATIONS = 20_000;

/** Resident memory of a thread that helps with the steps of a job, besides the memory that they share: measured, and rounded up. */
const HELPER_BYTES = 16 * 2 ** 20;
/** A shorter step, by this rough count, runs on one thread: half of the time from which the engine shares steps. */
const SHARED_STEP_NS = 500_000;
/** Rates of one thread. */
const FLOPS_PER_NS = 30;
const BYTES_PER_NS = 8;
/** Multiplications and additions of a forward and backward pass, for one multiplication of the forward pass. */
const FLOPS_A_MULTIPLICATION = 6;
/** Nanoseconds that layers take for an element of their output, forward and backward. */
const ELEMENT_NS = 5;

/** The programs of a network have too many operations to be compiled. */
export class TooManyOperationsError extends Error {
  override readonly name = "TooManyOperationsError";

  constructor(operations: number) {
    super(
      `take ${operations} operations a step, more than the limit of ${MAX_OPERATIONS}: use fewer layers or smaller windows`,
    );
  }
}

/**
 * Computes the bytes that training a spec needs, without allocating: the memory of its programs, a copy of the rows while they are loaded,
 * two checkpoints, one being created and one being stored, and the last good state (last-good.ts). If threads may help with its steps, of
 * the `threads` that there are, these count too, and the network that they evaluate together. Throws a TooManyOperationsError before
 * anything is planned that would block its thread for long.
 */
export function memoryEstimate(spec: NetworkSpec, data: DataShape, threads = 1): number {
  const { validationRows, testRows, featureWidth, targetWidth, embeddings } = data;
  const rows = data.rows - validationRows - testRows;
  const classCounts = data.classes.map(() => 1);
  const weighted = typeof data.columns?.weights === "string";
  const plan = keptPlan(spec, { rows, validationRows, featureWidth, targetWidth, embeddings, classCounts, weighted });
  const operations = operationCount(plan.programs);
  if (operations > MAX_OPERATIONS) throw new TooManyOperationsError(operations);
  const rowBytes = data.rows * (featureWidth + targetWidth) * Float32Array.BYTES_PER_ELEMENT;
  return (
    memoryFor(plan.programs, { maxSteps: plan.maxSteps }) +
    2 * rowBytes +
    3 * checkpointBytes(spec, plan) +
    helpBytes(spec, data, plan, threads)
  );
}

/**
 * Bytes of the threads that may help with a job, and of the network as it is evaluated, because the shared memory of its steps may not have
 * been collected yet; none if its steps are short.
 */
function helpBytes(spec: NetworkSpec, { featureWidth, embeddings }: DataShape, plan: TrainingPlan, threads: number): number {
  const most = Math.min(spec.threads ?? MAX_THREADS, threads);
  if (most <= 1 || stepNs(plan) < SHARED_STEP_NS) return 0;
  const network = { layers: spec.model.layers, inputWidth: featureWidth, activation: LOSS_ACTIVATION[spec.loss.type] };
  return (most - 1) * HELPER_BYTES + blockMemory(network, embeddings);
}

/** Approximate time of a step on one thread, in nanoseconds. */
function stepNs({ network, optimizer, batch }: TrainingPlan): number {
  const parameters = network.parameters.reduce((total, { shape }) => total + elementCount(shape), 0);
  // Each is read and written, and the gradient is read.
  const updated = parameters * (2 * (1 + Object.keys(optimizer.slots).length) + 1) * Float32Array.BYTES_PER_ELEMENT;
  const row = network.layers.reduce(
    (total, { multiplyAdds, outputShape }) =>
      total + (multiplyAdds * FLOPS_A_MULTIPLICATION) / FLOPS_PER_NS + elementCount(outputShape) * ELEMENT_NS,
    0,
  );
  return batch * row + updated / BYTES_PER_NS;
}

/** Bytes of a checkpoint: weights, the optimiser's slots, and the best weights if they are to be restored. */
export function checkpointBytes(
  { early_stopping }: Pick<ResolvedSpec, "early_stopping">,
  { network, optimizer }: TrainingPlan,
): number {
  const slots = Object.keys(optimizer.slots).length;
  const best = early_stopping?.restore_best ? 1 : 0;
  const values = network.tensors.reduce(
    (total, { shape, trainable }) => total + elementCount(shape) * (1 + best + (trainable ? slots : 0)),
    0,
  );
  return values * Float32Array.BYTES_PER_ELEMENT;
}
