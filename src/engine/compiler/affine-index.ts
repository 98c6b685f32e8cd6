/**
 * Element access as affine functions: positions are affine functions of loop variables, and one table says at which positions
 * an operation that moves or combines elements reads its inputs. Both the analyses and the code generator use this table.
 * Knows nothing of instructions or memory.
 */
import { type Shape, sizeOf, stridesOf, type Tensor } from "../graph.ts";

/** The affine index constant + Σ terms[d] · (loop variable d) + lane · (number of the vector lane). */
export interface Index {
  readonly constant: number;
  readonly terms: readonly number[];
  readonly lane: number;
  /** The cached result of keyOf. */
  key?: string;
}

export const ZERO: Index = { constant: 0, terms: [], lane: 0 };

/** A constant index, the same in every loop iteration and lane. */
export const at = (constant: number): Index => (constant === 0 ? ZERO : { constant, terms: [], lane: 0 });

/** The index that is the loop variable number `loop`. */
export function variable(loop: number): Index {
  const terms = new Array<number>(loop + 1).fill(0);
  terms[loop] = 1;
  return { constant: 0, terms, lane: 0 };
}

/** a + b * factor. */
export function plus(a: Index, b: Index, factor = 1): Index {
  if (factor === 0 || b === ZERO) return a;
  const constant = a.constant + b.constant * factor;
  const lane = a.lane + b.lane * factor;
  if (b.terms.length === 0) return { constant, terms: a.terms, lane };
  const terms = new Array<number>(Math.max(a.terms.length, b.terms.length));
  for (let loop = 0; loop < terms.length; loop++) terms[loop] = (a.terms[loop] ?? 0) + (b.terms[loop] ?? 0) * factor;
  return { constant, terms, lane };
}

/** The row-major offset of the element at `position`, in elements. */
export function linear(shape: Shape, position: readonly Index[]): Index {
  const strides = stridesOf(shape);
  return position.reduce((sum, index, axis) => plus(sum, index, strides[axis] as number), ZERO);
}

/** Returns a string that is equal for equal indices. */
export function keyOf(index: Index): string {
  index.key ??= `${index.constant},${index.terms.join()},${index.lane}`;
  return index.key;
}

/** A read of one element: the tensor and the position. */
export interface Access {
  readonly tensor: Tensor;
  readonly position: readonly Index[];
}

/** Whether two shapes differ only in axes of size 1, so that a reshape only renames axes. */
export function sameButUnits(a: Shape, b: Shape): boolean {
  const [x, y] = [a.filter((size) => size !== 1), b.filter((size) => size !== 1)];
  return x.length === y.length && x.every((size, axis) => size === y[axis]);
}

/** The position at which a broadcast reads its source: repeated axes are read at 0. */
function beneathBroadcast(source: Shape, position: readonly Index[]): Index[] {
  const lead = position.length - source.length;
  return source.map((size, axis) => (size === 1 ? ZERO : (position[axis + lead] as Index)));
}

function renameAxes(from: Shape, position: readonly Index[], to: Shape): Index[] {
  const moved = position.filter((_, axis) => from[axis] !== 1);
  let next = 0;
  return to.map((size) => (size === 1 ? ZERO : (moved[next++] as Index)));
}

/** Returns the first `most` positions of `shape` that the element of a reduction over `axes` at `position` is computed from. */
function reducedPositions(shape: Shape, axes: readonly number[], position: readonly Index[], most: number): Index[][] {
  const count = Math.min(most, sizeOf(axes.map((axis) => shape[axis] as number)));
  return Array.from({ length: count }, (_, element) => {
    const chosen = [...position];
    let rest = element;
    for (let index = axes.length - 1; index >= 0; index--) {
      const axis = axes[index] as number;
      const size = shape[axis] as number;
      chosen[axis] = at(rest % size);
      rest = Math.floor(rest / size);
    }
    return chosen;
  });
}

/**
 * Returns the elements that the element of `tensor` at `position` is computed from, of a reduction the first `most`. Undefined for
 * operations whose elements are not an expression of single elements: leaves, matrix products, pad, scatter_add, and reshapes that do
 * more than rename axes.
 */
export function accesses(
  tensor: Tensor,
  position: readonly Index[],
  most: number = Number.POSITIVE_INFINITY,
): Access[] | undefined {
  const { op, inputs, shape } = tensor;
  const [x] = inputs as [Tensor];
  switch (op.kind) {
    case "unary":
    case "binary":
    case "where":
      return inputs.map((input) => ({ tensor: input, position }));
    case "broadcast":
      return [{ tensor: x, position: beneathBroadcast(x.shape, position) }];
    case "reshape":
      return sameButUnits(x.shape, shape) ? [{ tensor: x, position: renameAxes(shape, position, x.shape) }] : undefined;
    case "permute":
      return [{ tensor: x, position: x.shape.map((_, axis) => position[op.axes.indexOf(axis)] as Index) }];
    case "slice":
      return [
        { tensor: x, position: op.ranges.map(({ start, step }, axis) => plus(at(start), position[axis] as Index, step)) },
      ];
    case "sum":
    case "max":
      return reducedPositions(x.shape, op.axes, position, most).map((each) => ({ tensor: x, position: each }));
    default:
      return undefined;
  }
}
