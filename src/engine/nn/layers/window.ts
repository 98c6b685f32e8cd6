/** Window arithmetic for convolutions and pooling. */
import { GraphError } from "../../graph.ts";

/** One size for both axes of an image, or one per axis: [height, width]. */
export type Extent = number | readonly [number, number];

/** An extent as [height, width]. */
export const pairOf = (extent: Extent): readonly [number, number] => (typeof extent === "number" ? [extent, extent] : extent);

/** The number of windows of size `kernel` on an axis of `size` with `padding` on each side. Throws a GraphError if none fits. */
export function slidSize(type: string, size: number, kernel: number, stride: number, padding = 0): number {
  const padded = size + 2 * padding;
  if (kernel > padded)
    throw new GraphError(
      `${type} with a kernel of ${kernel} does not fit an input of ${size}${padding > 0 ? ` padded to ${padded}` : ""}`,
    );
  return Math.floor((padded - kernel) / stride) + 1;
}
