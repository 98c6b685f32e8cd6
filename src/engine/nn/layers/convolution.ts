/** Convolution layers over sequences and images: torch.nn.Conv1d and Conv2d. The number of input channels is inferred. */
import { GraphError, type Shape } from "../../graph.ts";
import { conv1d as apply1d, conv2d as apply2d } from "../convolution.ts";
import { type AffineSpec, affineTensors } from "./affine.ts";
import { type LayerType, shapeText } from "./layer.ts";
import { type Extent, pairOf, slidSize } from "./window.ts";

interface ConvolutionSpec<Size> extends AffineSpec {
  readonly out_channels: number;
  readonly kernel_size: Size;
  /** Default 1. */
  readonly stride?: Size | undefined;
  /** Zeros on each side. Default 0. */
  readonly padding?: Size | undefined;
}

export interface Conv1dSpec extends ConvolutionSpec<number> {
  readonly type: "conv1d";
}

export interface Conv2dSpec extends ConvolutionSpec<Extent> {
  readonly type: "conv2d";
}

/** Weight [out_channels, in_channels, kernel]. */
export const conv1d: LayerType<Conv1dSpec> = {
  outputShape({ out_channels, kernel_size, stride = 1, padding = 0 }, inputShape) {
    ensureAxes("conv1d", inputShape, ["channels", "length"]);
    return [out_channels, slidSize("conv1d", inputShape[1] as number, kernel_size, stride, padding)];
  },
  tensors: (spec, [channels]) => affineTensors(spec, [spec.out_channels, channels as number, spec.kernel_size]),
  forward: (x, { bias = true, stride = 1, padding = 0 }, { tensor }) =>
    apply1d(x, tensor("weight"), bias ? tensor("bias") : undefined, { stride, padding }),
};

/** Weight [out_channels, in_channels, kernel height, kernel width]. */
export const conv2d: LayerType<Conv2dSpec> = {
  outputShape({ out_channels, kernel_size, stride = 1, padding = 0 }, inputShape) {
    ensureAxes("conv2d", inputShape, ["channels", "height", "width"]);
    const [kernel, steps, sides] = [pairOf(kernel_size), pairOf(stride), pairOf(padding)];
    const size = (axis: 0 | 1) => slidSize("conv2d", inputShape[axis + 1] as number, kernel[axis], steps[axis], sides[axis]);
    return [out_channels, size(0), size(1)];
  },
  tensors: (spec, [channels]) => affineTensors(spec, [spec.out_channels, channels as number, ...pairOf(spec.kernel_size)]),
  forward: (x, { bias = true, stride = 1, padding = 0 }, { tensor }) =>
    apply2d(x, tensor("weight"), bias ? tensor("bias") : undefined, { stride, padding }),
};

function ensureAxes(type: string, inputShape: Shape, axes: readonly string[]): void {
  if (inputShape.length === axes.length) return;
  throw new GraphError(`${type} takes [${axes.join(", ")}], not ${shapeText(inputShape)}: put a reshape before it`);
}
