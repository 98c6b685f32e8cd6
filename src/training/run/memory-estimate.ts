/** What training a spec needs, computed before anything is allocated: its memory, and how much there is to compile. */
import type { NetworkSpec, ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import { memoryFor, operationCount } from "../../engine/index.ts";
import type { DataShape } from "../data/source.ts";
import { keptPlan, type TrainingPlan } from "./build.ts";

/** Operations of all programs, gradients and updates included: those of a hundred linear layers in batches fit. */
const MAX_OPERATIONS = 20_000;

/** The programs of a network have more operations than are compiled for anybody. */
export class TooManyOperationsError extends Error {
  override readonly name = "TooManyOperationsError";

  constructor(operations: number) {
    super(
      `take ${operations} operations a step, more than the limit of ${MAX_OPERATIONS}: use fewer layers or smaller windows`,
    );
  }
}

/**
 * Computes the bytes that training a spec needs, without allocating: the memory of its programs, a copy of the rows while
 * they are loaded, two checkpoints, one being created and one being stored, and the last good state (last-good.ts). Throws a TooManyOperationsError before anything
 * is planned that would block its thread for long.
 */
export function memoryEstimate(spec: NetworkSpec, data: DataShape): number {
  const { validationRows, testRows, featureWidth, targetWidth, embeddings } = data;
  const rows = data.rows - validationRows - testRows;
  const classCounts = data.classes.map(() => 1);
  const weighted = typeof data.columns?.weights === "string";
  const plan = keptPlan(spec, { rows, validationRows, featureWidth, targetWidth, embeddings, classCounts, weighted });
  const operations = operationCount(plan.programs);
  if (operations > MAX_OPERATIONS) throw new TooManyOperationsError(operations);
  const rowBytes = data.rows * (featureWidth + targetWidth) * Float32Array.BYTES_PER_ELEMENT;
  return memoryFor(plan.programs, { maxSteps: plan.maxSteps }) + 2 * rowBytes + 3 * checkpointBytes(spec, plan);
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
