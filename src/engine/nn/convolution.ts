/** Convolution and pooling over images [n, channels, height, width], composed of slices and matrix products. */
import { add, equal, GraphError, less, matmul, mul, pad, reshape, type Shape, slice, type Tensor, where } from "../graph.ts";

type Pair = readonly [number, number];

const pairOf = (value: number | Pair): Pair => (typeof value === "number" ? [value, value] : value);

export interface ConvolutionOptions {
  readonly stride?: number | Pair;
  /** Zeros on each side. */
  readonly padding?: number | Pair;
}

/** Cross-correlation of x [n, in, height, width] with weight [out, in, kernelHeight, kernelWidth]; bias [out]. */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions = {}): Tensor {
  const [n, channels] = x.shape as [number, number];
  const [out, , kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  const sides = pairOf(padding).map((width) => ({ low: width, high: width, interior: 0 }));
  const none = { low: 0, high: 0, interior: 0 };
  const views = windows(pad(x, [none, none, ...sides]), [kernelHeight, kernelWidth], pairOf(stride));
  const [, , height, width] = (views[0] as Tensor).shape as [number, number, number, number];
  // One matrix product per kernel position: [out, in] with [n, in, height · width].
  const terms = views.map((view, position) =>
    matmul(
      kernelAt(weight, Math.floor(position / kernelWidth), position % kernelWidth),
      reshape(view, [n, channels, height * width]),
    ),
  );
  const total = reshape(terms.reduce(add), [n, out, height, width]);
  return bias ? add(total, reshape(bias, [out, 1, 1])) : total;
}

/** Cross-correlation of x [n, in, length] with weight [out, in, kernel]; bias [out]. */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0 }: { readonly stride?: number; readonly padding?: number } = {},
): Tensor {
  const flat = ([a, b, c]: Shape): Shape => [a as number, b as number, 1, c as number];
  const options = { stride: [1, stride], padding: [0, padding] } as const;
  const y = conv2d(reshape(x, flat(x.shape)), reshape(weight, flat(weight.shape)), bias, options);
  const [n, out, , length] = y.shape as [number, number, number, number];
  return reshape(y, [n, out, length]);
}

/**
 * The maximum of each window, without padding; x is [n, channels, height, width]. The gradient goes to the first of equal
 * maxima, and NaN propagates. Throws a GraphError for a window larger than the image.
 */
export function maxPool2d(x: Tensor, kernelSize: number | Pair, stride: number | Pair = kernelSize): Tensor {
  return windows(x, pairOf(kernelSize), pairOf(stride)).reduce((best, candidate) => {
    const isNumber = equal(candidate, candidate);
    return where(where(isNumber, less(best, candidate), 1), candidate, best);
  });
}

/**
 * The mean of each window, without padding; x is [n, channels, height, width]. Throws a GraphError for a window larger than
 * the image.
 */
export function avgPool2d(x: Tensor, kernelSize: number | Pair, stride: number | Pair = kernelSize): Tensor {
  const views = windows(x, pairOf(kernelSize), pairOf(stride));
  return mul(views.reduce(add), 1 / views.length);
}

/** For each kernel position, row by row, a strided slice of x [n, channels, height, width]: its elements in all windows. */
function windows(x: Tensor, [kernelHeight, kernelWidth]: Pair, [strideY, strideX]: Pair): Tensor[] {
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  if (kernelHeight > height || kernelWidth > width)
    throw new GraphError(`a kernel of ${kernelHeight} x ${kernelWidth} is larger than its input of ${height} x ${width}`);
  const all = (size: number) => ({ start: 0, stop: size, step: 1 });
  return Array.from({ length: kernelHeight * kernelWidth }, (_, position) => {
    const y = Math.floor(position / kernelWidth);
    const left = position % kernelWidth;
    return slice(x, [
      all(n),
      all(channels),
      { start: y, stop: height - kernelHeight + y + 1, step: strideY },
      { start: left, stop: width - kernelWidth + left + 1, step: strideX },
    ]);
  });
}

/** weight[:, :, y, x]: [out, in]. */
function kernelAt(weight: Tensor, y: number, x: number): Tensor {
  const [out, channels] = weight.shape as [number, number];
  const one = (at: number) => ({ start: at, stop: at + 1, step: 1 });
  const all = (size: number) => ({ start: 0, stop: size, step: 1 });
  return reshape(slice(weight, [all(out), all(channels), one(y), one(x)]), [out, channels]);
}
