/** How a window slides over an axis: what convolutions and pools have in common. */
import { GraphError } from "../../graph.ts";

/** One size for both axes of an image, or one each: [height, width]. */
export type Extent = number | readonly [number, number];

/** An extent as [height, width]. */
export const pairOf = (extent: Extent): readonly [number, number] => (typeof extent === "number" ? [extent, extent] : extent);

/** Places that a window of `kernel` takes on an axis of `size`, `padding` wider on each side. Throws a GraphError if none. */
export function slidSize(type: string, size: number, kernel: number, stride: number, padding = 0): number {
  const padded = size + 2 * padding;
  if (kernel > padded)
    throw new GraphError(
      `${type} with a kernel of ${kernel} does not fit an input of ${size}${padding > 0 ? ` padded to ${padded}` : ""}`,
    );
  return Math.floor((padded - kernel) / stride) + 1;
}
