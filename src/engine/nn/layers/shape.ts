/** Layers that only change the shape of a row: torch.nn.Flatten and Unflatten. */
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

/** All axes of a row as one. */
export const flatten: LayerType<FlattenSpec> = {
  outputShape: (_, inputShape) => [sizeOf(inputShape)],
  forward: (x) => reshapeOf(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))]),
};

/** The same numbers, row-major, under other axes. */
export const reshape: LayerType<ReshapeSpec> = {
  outputShape({ shape }, inputShape) {
    if (sizeOf(shape) !== sizeOf(inputShape))
      throw new GraphError(
        `reshape to ${shapeText(shape)} takes ${sizeOf(shape)} numbers, and ${shapeText(inputShape)} are ${sizeOf(inputShape)}`,
      );
    return shape;
  },
  forward: (x, { shape }) => reshapeOf(x, [x.shape[0] as number, ...shape]),
};
