/** The cost of predicting a row, and of a training: of every layer, at every position where its weights are used. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { type Architecture, architectureNetwork } from "./inference.ts";

/** Multiply-adds of predicting a row with the network of a model. */
export function rowMultiplyAdds(model: Architecture): number {
  return architectureNetwork(model).layers.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0);
}

/** Multiply-adds of a step's two backward passes for one forward pass, and the cost of a row and of a step for even the smallest network. */
const PASSES = 3;
const ROW_WORK = 32;
const STEP_WORK = 4000;

/** Approximate multiply-adds of training a network like a model's on `rows`, with as many validation rows after each epoch. */
export function trainingWork(
  model: Architecture,
  { epochs, batch_size }: Pick<ResolvedSpec, "epochs" | "batch_size">,
  rows: number,
  validationRows: number,
): number {
  const steps = Math.ceil(rows / Math.min(batch_size ?? rows, rows));
  const row = rowMultiplyAdds(model) + ROW_WORK;
  return epochs * (row * (PASSES * rows + validationRows) + STEP_WORK * steps);
}
