/** Tensor functions composed of primitives, with PyTorch's names. Negative axes count from the end. */
import {
  abs,
  add,
  constant,
  detach,
  div,
  equal,
  exp,
  GraphError,
  gather,
  log,
  matmul,
  max,
  mul,
  neg,
  pad,
  reshape,
  sizeOf,
  sqrt,
  sub,
  sum,
  type Tensor,
  where,
} from "../graph.ts";

/** x²; elementwise. */
export const square = (x: Tensor): Tensor => mul(x, x);

/** 1 / x; elementwise. */
export const reciprocal = (x: Tensor): Tensor => div(1, x);

/**
 * x to a constant power, elementwise: by multiplication for integer and half-integer exponents up to 8, otherwise
 * e^(exponent ln x), for x > 0.
 */
export function pow(x: Tensor, exponent: number): Tensor {
  if (exponent < 0) return reciprocal(pow(x, -exponent));
  const whole = Math.floor(exponent);
  if (exponent > 8 || (exponent - whole) % 0.5 !== 0) return exp(mul(log(x), exponent));
  const factors: Tensor[] = Array.from({ length: whole }, () => x);
  if (exponent !== whole) factors.push(sqrt(x));
  return factors.length === 0 ? add(mul(x, 0), 1) : factors.reduce((product, factor) => mul(product, factor));
}

// ---------------------------------------------------------------- reductions

/** The number of elements that were reduced to each element. */
const countOf = (x: Tensor, reduced: Tensor): number => sizeOf(x.shape) / sizeOf(reduced.shape);

/**
 * Minimum over the axes (all by default), which are removed from the shape unless `keepdim`. The gradient is divided equally
 * among equal minima.
 */
export const min = (x: Tensor, axes?: readonly number[], keepdim = false): Tensor => neg(max(neg(x), axes, keepdim));

/** Mean over the axes (all by default), which are removed from the shape unless `keepdim`. */
export function mean(x: Tensor, axes?: readonly number[], keepdim = false): Tensor {
  const total = sum(x, axes, keepdim);
  return div(total, countOf(x, total));
}

/** Variance over the axes, divided by n - 1 if unbiased, else by n. The axes are removed from the shape unless `keepdim`. */
export function variance(x: Tensor, axes?: readonly number[], keepdim = false, unbiased = true): Tensor {
  const total = sum(square(sub(x, mean(x, axes, true))), axes, keepdim);
  return div(total, countOf(x, total) - (unbiased ? 1 : 0));
}

/** ln Σ eˣ over the axes, without overflow. The axes are removed from the shape unless `keepdim`. */
export function logsumexp(x: Tensor, axes: readonly number[], keepdim = false): Tensor {
  const peak = detach(max(x, axes, true));
  // Infinity minus infinity is NaN, so an infinite maximum is not subtracted.
  const shift = where(equal(abs(peak), Number.POSITIVE_INFINITY), 0, peak);
  const total = log(sum(exp(sub(x, shift)), axes, keepdim));
  return add(total, reshape(shift, total.shape));
}

/** eˣ / Σ eˣ along one axis, without overflow. Has x's shape. */
export function softmax(x: Tensor, axis: number): Tensor {
  const e = exp(sub(x, detach(max(x, [axis], true))));
  return div(e, sum(e, [axis], true));
}

/** The logarithm of softmax, without overflow or underflow. Has x's shape. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  const shifted = sub(x, detach(max(x, [axis], true)));
  return sub(shifted, log(sum(exp(shifted), [axis], true)));
}

// ---------------------------------------------------------------- products and selections

/** x Wᵀ + b for x [..., in], with weight [out, in] and bias [out] as in PyTorch: [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const lead = x.shape.slice(0, -1);
  const rows = reshape(x, [sizeOf(lead), x.shape.at(-1) as number]);
  const product = matmul(rows, weight, { transposeB: true });
  return reshape(bias ? add(product, bias) : product, [...lead, product.shape[1] as number]);
}

/**
 * Concatenates tensors along an axis; their shapes are equal on all other axes. Throws a GraphError without tensors.
 */
export function cat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new GraphError("cat takes at least one tensor");
  const along = axis < 0 ? axis + first.shape.length : axis;
  const length = tensors.reduce((total, x) => total + (x.shape[along] as number), 0);
  let before = 0;
  const padded = (x: Tensor): Tensor => {
    const size = x.shape[along] as number;
    const low = before;
    before += size;
    return pad(
      x,
      x.shape.map((_, i) => ({ low: i === along ? low : 0, high: i === along ? length - low - size : 0, interior: 0 })),
    );
  };
  return tensors.map(padded).reduce((total, each) => add(total, each));
}

/** Gathers rows of `weight` [n, ...rest] at int indices: [...indices.shape, ...rest]. */
export const embedding = (weight: Tensor, indices: Tensor): Tensor => gather(weight, indices);

/**
 * Looks up rows of `weight` [n, columns] at `positions` [...], integers 0..n-1 as floats: [..., columns]. Any other number
 * gives zeros. Computed as an exact product with a one-hot matrix, so that positions can be features of a row.
 */
export function lookUp(weight: Tensor, positions: Tensor): Tensor {
  const [n, columns] = weight.shape as [number, number];
  const numbers = constant(Array.from({ length: n }, (_, i) => i));
  const oneHot = equal(reshape(positions, [sizeOf(positions.shape), 1]), numbers);
  return reshape(matmul(oneHot, weight), [...positions.shape, columns]);
}

/**
 * torch.gather: selects the elements of x at `index` along one axis. `index` has integers as floats, and x's sizes on all
 * other axes. The result has the shape of `index`.
 */
export function gatherElements(x: Tensor, axis: number, index: Tensor): Tensor {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const size = x.shape[along] as number;
  const insert = (shape: readonly number[], at: number) => [...shape.slice(0, at), 1, ...shape.slice(at)];
  const candidates = reshape(x, insert(x.shape, along));
  const wanted = reshape(index, insert(index.shape, along + 1));
  const positions = constant(
    Array.from({ length: size }, (_, i) => i),
    [size, ...x.shape.slice(along + 1).map(() => 1)],
  );
  return sum(where(equal(positions, wanted), candidates, 0), [along + 1]);
}
