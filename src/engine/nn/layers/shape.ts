/** Layers that change only the shape of a row: torch.nn.Flatten and Unflatten. */
import { GraphError, reshape as reshapeOf, sizeOf } from "../../graph.ts";
import { type LayerType, shapeText } from "./layer.ts";

export interface FlattenSpec {
  readonly type: "flatten";
}

export interface ReshapeSpec {
  readonly type: "reshape";
  /** Without the batch axis: [1, 8, 8] for an image of 64 numbers. */
  readonly shape: readonly number[];
}

/** Merges all axes of a row into one. */
export const flatten: LayerType<FlattenSpec> = {
  outputShape: (_, inputShape) => [sizeOf(inputShape)],
  forward: (x) => reshapeOf(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))]),
};

/** Reshapes a row, keeping its numbers in row-major order. */
export const reshape: LayerType<ReshapeSpec> = {
  outputShape({ shape }, inputShape) {
    if (sizeOf(shape) !== sizeOf(inputShape))
      throw new GraphError(
        `reshape to ${shapeText(shape)} takes ${sizeOf(shape)} numbers, but ${shapeText(inputShape)} has ${sizeOf(inputShape)}`,
      );
    return shape;
  },
  forward: (x, { shape }) => reshapeOf(x, [x.shape[0] as number, ...shape]),
};
