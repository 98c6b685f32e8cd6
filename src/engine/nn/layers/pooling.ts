/** Pooling layers over sequences [channels, length] and images [channels, height, width]: torch.nn.MaxPool1d, MaxPool2d, AvgPool1d, AvgPool2d. */
import { GraphError, reshape, type Shape, type Tensor } from "../../graph.ts";
import { avgPool2d, maxPool2d } from "../convolution.ts";
import { type LayerType, shapeText } from "./layer.ts";
import { type Extent, pairOf, slidSize } from "./window.ts";

interface PoolSpec<Type extends string> {
  readonly type: Type;
  readonly kernel_size: Extent;
  /** Default: the kernel's size. */
  readonly stride?: Extent | null | undefined;
}
export type MaxPoolSpec = PoolSpec<"max_pool">;
export type AvgPoolSpec = PoolSpec<"avg_pool">;

type Pair = readonly [number, number];

const pool = <Spec extends PoolSpec<string>>(apply: (x: Tensor, kernel: Pair, stride: Pair) => Tensor): LayerType<Spec> => ({
  outputShape(spec, inputShape) {
    const { kernel, stride } = windowOf(spec, inputShape);
    const image = imageShape(inputShape);
    const size = (axis: 0 | 1) => slidSize(spec.type, image[axis + 1] as number, kernel[axis], stride[axis]);
    const pooled = [image[0] as number, size(0), size(1)];
    return inputShape.length === 2 ? [pooled[0] as number, pooled[2] as number] : pooled;
  },
  forward(x, spec) {
    const [n, ...inputShape] = x.shape as readonly [number, ...number[]];
    const { kernel, stride } = windowOf(spec, inputShape);
    const y = apply(reshape(x, [n, ...imageShape(inputShape)]), kernel, stride);
    return inputShape.length === 2 ? reshape(y, [n, y.shape[1] as number, y.shape[3] as number]) : y;
  },
});

/** Treats a sequence as an image of height 1. */
const imageShape = (shape: Shape): Shape => (shape.length === 2 ? [shape[0] as number, 1, shape[1] as number] : shape);

function windowOf({ type, kernel_size, stride }: PoolSpec<string>, inputShape: Shape): { kernel: Pair; stride: Pair } {
  if (inputShape.length === 3) return { kernel: pairOf(kernel_size), stride: pairOf(stride ?? kernel_size) };
  if (inputShape.length !== 2)
    throw new GraphError(
      `${type} takes [channels, length] or [channels, height, width], not ${shapeText(inputShape)}: put a reshape before it`,
    );
  const along = (extent: Extent): Pair => {
    if (typeof extent !== "number") throw new GraphError(`${type} over ${shapeText(inputShape)} takes one size, not a pair`);
    return [1, extent];
  };
  return { kernel: along(kernel_size), stride: along(stride ?? kernel_size) };
}

export const maxPool = pool<MaxPoolSpec>(maxPool2d);
export const avgPool = pool<AvgPoolSpec>(avgPool2d);
