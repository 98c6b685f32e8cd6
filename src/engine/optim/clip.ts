/** Gradient clipping: torch.nn.utils.clip_grad_norm_ and clip_grad_value_. */
import { abs, add, constant, div, max, maximum, minimum, mul, sqrt, sum, type Tensor } from "../graph.ts";
import { pow } from "../nn/functional.ts";

/** Keeps the division finite, as in PyTorch. */
const EPSILON = 1e-6;

/**
 * Scales all gradients, of any shapes, by one factor so that their total p-norm is at most maxNorm; p may be Infinity. Also
 * returns the total norm before clipping, a scalar.
 */
export function clipByNorm(
  gradients: readonly Tensor[],
  maxNorm: number,
  p = 2,
): { readonly gradients: readonly Tensor[]; readonly norm: Tensor } {
  const norm = globalNorm(gradients, p);
  const factor = minimum(div(maxNorm, add(norm, EPSILON)), 1);
  return { gradients: gradients.map((gradient) => mul(gradient, factor)), norm };
}

/** Clamps the elements of each gradient to -limit..limit; the shapes stay the same. */
export function clipByValue(gradients: readonly Tensor[], limit: number): readonly Tensor[] {
  return gradients.map((gradient) => minimum(maximum(gradient, -limit), limit));
}

/** The p-norm of all elements of all tensors together; 0 if there are none. */
function globalNorm(tensors: readonly Tensor[], p: number): Tensor {
  if (tensors.length === 0) return constant(0);
  if (p === Number.POSITIVE_INFINITY) return tensors.map((x) => max(abs(x))).reduce(maximum);
  if (p === 2) return sqrt(tensors.map((x) => sum(mul(x, x))).reduce(add));
  const total = tensors.map((x) => sum(pow(abs(x), p))).reduce(add);
  return pow(total, 1 / p);
}
