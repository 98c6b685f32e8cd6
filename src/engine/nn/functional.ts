/** Functions of whole tensors, composed of primitives, with PyTorch's names. Axes may be negative: they count from the end. */
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
 * x to a constant power: by multiplication for whole and half exponents up to 8, else e^(exponent ln x), for x > 0.
 * Elementwise.
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

/** How many elements each element of a reduction was made of. */
const countOf = (x: Tensor, reduced: Tensor): number => sizeOf(x.shape) / sizeOf(reduced.shape);

/**
 * Minimum over the axes (all of them by default), its gradient shared equally among equal minima. The axes leave the shape
 * unless `keepdim`.
 */
export const min = (x: Tensor, axes?: readonly number[], keepdim = false): Tensor => neg(max(neg(x), axes, keepdim));

/** Mean over the axes (all of them by default), which leave the shape unless `keepdim`. */
export function mean(x: Tensor, axes?: readonly number[], keepdim = false): Tensor {
  const total = sum(x, axes, keepdim);
  return div(total, countOf(x, total));
}

/** Variance over the axes: divided by n - 1 if unbiased, by n if not. The axes leave the shape unless `keepdim`. */
export function variance(x: Tensor, axes?: readonly number[], keepdim = false, unbiased = true): Tensor {
  const total = sum(square(sub(x, mean(x, axes, true))), axes, keepdim);
  return div(total, countOf(x, total) - (unbiased ? 1 : 0));
}

/** ln Σ eˣ over the axes, without overflow. They leave the shape unless `keepdim`. */
export function logsumexp(x: Tensor, axes: readonly number[], keepdim = false): Tensor {
  const peak = detach(max(x, axes, true));
  // An infinite maximum cannot be subtracted from itself.
  const shift = where(equal(abs(peak), Number.POSITIVE_INFINITY), 0, peak);
  const total = log(sum(exp(sub(x, shift)), axes, keepdim));
  return add(total, reshape(shift, total.shape));
}

/** eˣ / Σ eˣ along one axis, without overflow. Has x's shape. */
export function softmax(x: Tensor, axis: number): Tensor {
  const e = exp(sub(x, detach(max(x, [axis], true))));
  return div(e, sum(e, [axis], true));
}

/** The logarithm of softmax, without overflow and without the loss of small probabilities. Has x's shape. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  const shifted = sub(x, detach(max(x, [axis], true)));
  return sub(shifted, log(sum(exp(shifted), [axis], true)));
}

// ---------------------------------------------------------------- products and selections

/** x Wᵀ + b: x [..., in], weight [out, in] and bias [out] as PyTorch has them; [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const lead = x.shape.slice(0, -1);
  const rows = reshape(x, [sizeOf(lead), x.shape.at(-1) as number]);
  const product = matmul(rows, weight, { transposeB: true });
  return reshape(bias ? add(product, bias) : product, [...lead, product.shape[1] as number]);
}

/**
 * The tensors one after the other along an axis; on all other axes their shapes are equal. Throws a GraphError if there are
 * none.
 */
export function cat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new GraphError("cat takes at least one tensor");
  const along = axis < 0 ? axis + first.shape.length : axis;
  const length = tensors.reduce((total, x) => total + (x.shape[along] as number), 0);
  let before = 0;
  const place = (x: Tensor): Tensor => {
    const size = x.shape[along] as number;
    const low = before;
    before += size;
    return pad(
      x,
      x.shape.map((_, i) => ({ low: i === along ? low : 0, high: i === along ? length - low - size : 0, interior: 0 })),
    );
  };
  return tensors.map(place).reduce((total, placed) => add(total, placed));
}

/** Rows of `weight` [n, ...rest] at int indices. */
export const embedding = (weight: Tensor, indices: Tensor): Tensor => gather(weight, indices);

/**
 * Rows of `weight` [n, columns] at `positions` [...], whole numbers 0..n-1 as floats: [..., columns]. Any other number finds
 * zeros. A product with ones and zeros, which is exact, so that positions can come out of rows of features.
 */
export function lookUp(weight: Tensor, positions: Tensor): Tensor {
  const [n, columns] = weight.shape as [number, number];
  const places = constant(Array.from({ length: n }, (_, i) => i));
  const chosen = equal(reshape(positions, [sizeOf(positions.shape), 1]), places);
  return reshape(matmul(chosen, weight), [...positions.shape, columns]);
}

/**
 * torch.gather: along one axis, the element of x at each index. `index` holds whole numbers as floats and has x's sizes on
 * all other axes. The result has the shape of `index`.
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
