/**
 * The graph: functions that build tensors out of the primitives (primitives.ts).
 *
 * A Tensor is a node: an operation, its inputs, a shape. Nothing is computed here. Layers, losses, optimisers and
 * metrics are composed of these primitives, so the gradients, the float64 interpreter and the compiler need only one
 * case per primitive.
 *
 * Elementwise primitives need operands of equal shape. The functions below insert `broadcast` nodes, and only the gradient
 * of `broadcast` sums a gradient back to a smaller shape.
 */

import type { BinaryFunction, DType, Operation, PadRange, Shape, SliceRange, Tensor, UnaryFunction } from "./primitives.ts";
import { currentScope } from "./scope.ts";

export type { BinaryFunction, DType, Operation, PadRange, Shape, SliceRange, Tensor, UnaryFunction } from "./primitives.ts";

/** An operand of arithmetic. A number is a scalar constant. */
export type Operand = Tensor | number;

/** Thrown when a graph cannot be built: shapes or attributes do not fit. */
export class GraphError extends Error {
  override readonly name = "GraphError";
}

/** Most axes of a tensor; the compiler's loops rely on this limit. */
export const MAX_RANK = 6;

let nextId = 0;

function node(op: Operation, inputs: readonly Tensor[], shape: Shape, dtype: DType = "float"): Tensor {
  ensure(shape.length <= MAX_RANK, `a tensor has at most ${MAX_RANK} axes, not ${shape.length}`);
  for (const size of shape)
    ensure(Number.isInteger(size) && size > 0, () => `sizes are positive integers, not [${shape.join(", ")}]`);
  return { id: nextId++, op, inputs, shape, dtype, scope: currentScope() };
}

/** Throws a GraphError unless the condition holds. A function builds a costly message: a deep network has tens of thousands of tensors to check. */
function ensure(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new GraphError(typeof message === "string" ? message : message());
}

/** Number of elements of a shape; 1 for the scalar shape []. */
export function sizeOf(shape: Shape): number {
  let product = 1;
  for (let axis = 0; axis < shape.length; axis++) product *= shape[axis] as number;
  return product;
}

/** Row-major strides in elements: the distance between adjacent elements along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

// ---------------------------------------------------------------- leaves

/**
 * Creates a named input of the given shape, which the caller sets before each step. Throws a GraphError for an invalid
 * shape.
 */
export function input(name: string, shape: Shape, dtype: DType = "float"): Tensor {
  return node({ kind: "input", name }, [], shape, dtype);
}

/**
 * Creates a named state of the given shape, which stays in memory between steps. Throws a GraphError for an invalid
 * shape.
 */
export function state(name: string, shape: Shape, dtype: DType = "float"): Tensor {
  return node({ kind: "state", name }, [], shape, dtype);
}

/**
 * Creates a constant of the given shape; without a shape, a scalar or a vector. Throws a GraphError if the number of values
 * does not match the shape, or for a single int.
 */
export function constant(values: number | ArrayLike<number>, shape?: Shape, dtype: DType = "float"): Tensor {
  const data = typeof values === "number" ? Float64Array.of(values) : Float64Array.from(values);
  const target = shape ?? (typeof values === "number" ? [] : [data.length]);
  ensure(data.length === sizeOf(target), `${data.length} values do not fill [${target.join(", ")}]`);
  ensure(dtype === "float" || data.length > 1, "a constant of ints has several values: code has single ones as floats");
  return node({ kind: "constant", values: data }, [], target, dtype);
}

function toTensor(operand: Operand): Tensor {
  return typeof operand === "number" ? constant(operand) : operand;
}

// ---------------------------------------------------------------- elementwise

function unary(fn: UnaryFunction, x: Tensor): Tensor {
  ensure(x.dtype === "float", `${fn} takes floats`);
  return node({ kind: "unary", fn }, [x], x.shape);
}

function binary(fn: BinaryFunction, a: Operand, b: Operand): Tensor {
  const [x, y] = broadcastTogether([toTensor(a), toTensor(b)]) as [Tensor, Tensor];
  ensure(x.dtype === "float" && y.dtype === "float", `${fn} takes floats`);
  return node({ kind: "binary", fn }, [x, y], x.shape);
}

/** -x; elementwise. */
export const neg = (x: Tensor): Tensor => unary("neg", x);
/** |x|; elementwise. */
export const abs = (x: Tensor): Tensor => unary("abs", x);
/** -1, 0 or 1 by the sign of x, NaN for NaN; elementwise. */
export const sign = (x: Tensor): Tensor => unary("sign", x);
/** eˣ; elementwise. */
export const exp = (x: Tensor): Tensor => unary("exp", x);
/** The natural logarithm: -Infinity at 0, NaN below; elementwise. */
export const log = (x: Tensor): Tensor => unary("log", x);
/** ln(1 + x), exact near 0; elementwise. */
export const log1p = (x: Tensor): Tensor => unary("log1p", x);
/** The square root: NaN below 0; elementwise. */
export const sqrt = (x: Tensor): Tensor => unary("sqrt", x);
/** 1 / √x; elementwise. */
export const rsqrt = (x: Tensor): Tensor => unary("rsqrt", x);
/** The sine of radians; elementwise. */
export const sin = (x: Tensor): Tensor => unary("sin", x);
/** The cosine of radians; elementwise. */
export const cos = (x: Tensor): Tensor => unary("cos", x);
/** The hyperbolic tangent; elementwise. */
export const tanh = (x: Tensor): Tensor => unary("tanh", x);
/** 1 / (1 + e⁻ˣ), without overflow; elementwise. */
export const sigmoid = (x: Tensor): Tensor => unary("sigmoid", x);
/** The error function; elementwise. */
export const erf = (x: Tensor): Tensor => unary("erf", x);

/** a + b; elementwise, broadcast. */
export const add = (a: Operand, b: Operand): Tensor => binary("add", a, b);
/** a - b; elementwise, broadcast. */
export const sub = (a: Operand, b: Operand): Tensor => binary("sub", a, b);
/** a · b; elementwise, broadcast. */
export const mul = (a: Operand, b: Operand): Tensor => binary("mul", a, b);
/** a / b; elementwise, broadcast. */
export const div = (a: Operand, b: Operand): Tensor => binary("div", a, b);
/** The greater of a and b, NaN if either is; elementwise, broadcast. */
export const maximum = (a: Operand, b: Operand): Tensor => binary("maximum", a, b);
/** The lesser of a and b, NaN if either is; elementwise, broadcast. */
export const minimum = (a: Operand, b: Operand): Tensor => binary("minimum", a, b);
/** 1 where a < b, else 0; elementwise, broadcast. */
export const less = (a: Operand, b: Operand): Tensor => binary("less", a, b);
/** 1 where a <= b, else 0; elementwise, broadcast. */
export const lessEqual = (a: Operand, b: Operand): Tensor => binary("less_equal", a, b);
/** 1 where a = b, else 0; elementwise, broadcast. */
export const equal = (a: Operand, b: Operand): Tensor => binary("equal", a, b);

/**
 * a where condition is not 0, else b; elementwise, with all three operands broadcast to their common shape. Throws a
 * GraphError for ints and for shapes that do not broadcast.
 */
export function where(condition: Operand, a: Operand, b: Operand): Tensor {
  const operands = broadcastTogether([toTensor(condition), toTensor(a), toTensor(b)]);
  ensure(
    operands.every((operand) => operand.dtype === "float"),
    "where takes floats",
  );
  return node({ kind: "where" }, operands, (operands[0] as Tensor).shape);
}

// ---------------------------------------------------------------- shapes

/** Returns the common shape of operands by NumPy's broadcasting rule. Throws a GraphError if the shapes do not broadcast. */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  const [first = []] = shapes;
  if (shapes.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((candidate) => candidate !== 1) ?? 1;
    ensure(
      sizes.every((candidate) => candidate === 1 || candidate === size),
      () => `shapes ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")} do not broadcast together`,
    );
    return size;
  });
}

function broadcastTogether(operands: readonly Tensor[]): readonly Tensor[] {
  const shape = broadcastShapes(operands.map((operand) => operand.shape));
  return operands.map((operand) => broadcast(operand, shape));
}

/**
 * Broadcasts x to `shape` by NumPy's rule. Returns x itself if it already has that shape. Throws a GraphError if x does not
 * broadcast to it.
 */
export function broadcast(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  ensure(
    sameShape(broadcastShapes([x.shape, shape]), shape),
    () => `[${x.shape.join(", ")}] does not broadcast to [${shape.join(", ")}]`,
  );
  return node({ kind: "broadcast" }, [x], shape, x.dtype);
}

/**
 * Reshapes x, keeping its elements in row-major order. Returns x itself if the shape is the same. Throws a GraphError if the
 * number of elements differs.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  ensure(sizeOf(x.shape) === sizeOf(shape), () => `[${x.shape.join(", ")}] cannot become [${shape.join(", ")}]`);
  return node({ kind: "reshape" }, [x], shape, x.dtype);
}

/** Axis i of the result is axis `axes[i]` of x. Throws a GraphError unless each axis is named once. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const sorted = [...axes].sort((a, b) => a - b);
  ensure(
    sorted.length === x.shape.length && sorted.every((axis, index) => axis === index),
    () => `permute needs each axis of [${x.shape.join(", ")}] once, not [${axes.join(", ")}]`,
  );
  if (axes.every((axis, index) => axis === index)) return x;
  return node(
    { kind: "permute", axes },
    [x],
    axes.map((axis) => x.shape[axis] as number),
    x.dtype,
  );
}

/**
 * Selects the elements start, start + step, ... before stop, with one range for each axis of the shape. Throws a GraphError
 * for a range outside its axis.
 */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  ensure(ranges.length === x.shape.length, `slice needs ${x.shape.length} ranges, not ${ranges.length}`);
  const shape = ranges.map(({ start, stop, step }, axis) => {
    ensure(
      start >= 0 && step > 0 && start < stop && stop <= (x.shape[axis] as number),
      () => `range ${start}:${stop}:${step} does not fit axis ${axis} of [${x.shape.join(", ")}]`,
    );
    return Math.ceil((stop - start) / step);
  });
  return node({ kind: "slice", ranges }, [x], shape, x.dtype);
}

/**
 * Inserts zeros around and between the elements of each axis; the shape grows by as many. Throws a GraphError for negative
 * widths or if the number of ranges is not the number of axes.
 */
export function pad(x: Tensor, ranges: readonly PadRange[]): Tensor {
  ensure(ranges.length === x.shape.length, `pad needs ${x.shape.length} ranges, not ${ranges.length}`);
  const shape = ranges.map(({ low, high, interior }, axis) => {
    ensure(low >= 0 && high >= 0 && interior >= 0, "pad widths are not negative");
    const size = x.shape[axis] as number;
    return low + size + (size - 1) * interior + high;
  });
  return node({ kind: "pad", ranges }, [x], shape, x.dtype);
}

// ---------------------------------------------------------------- reductions and products

function normaliseAxes(x: Tensor, axes: readonly number[] | undefined): readonly number[] {
  const rank = x.shape.length;
  const all = axes ?? x.shape.map((_, axis) => axis);
  const positive = all.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  ensure(
    positive.every((axis, index) => axis >= 0 && axis < rank && axis !== positive[index - 1]),
    `axes [${all.join(", ")}] do not fit [${x.shape.join(", ")}]`,
  );
  return positive;
}

function reduce(kind: "sum" | "max", x: Tensor, axes: readonly number[] | undefined, keepdim: boolean): Tensor {
  ensure(x.dtype === "float", `${kind} takes floats`);
  const reduced = normaliseAxes(x, axes);
  const kept = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  const result = reduced.length === 0 ? x : node({ kind, axes: reduced }, [x], kept);
  return keepdim
    ? result
    : reshape(
        result,
        x.shape.filter((_, axis) => !reduced.includes(axis)),
      );
}

/** Sum over the axes (all by default; negative axes count from the end), which are removed from the shape unless `keepdim`. */
export const sum = (x: Tensor, axes?: readonly number[], keepdim = false): Tensor => reduce("sum", x, axes, keepdim);

/**
 * Maximum over the axes (all by default), which are removed from the shape unless `keepdim`. The gradient is divided equally
 * among equal maxima, as in PyTorch's amax.
 */
export const max = (x: Tensor, axes?: readonly number[], keepdim = false): Tensor => reduce("max", x, axes, keepdim);

/**
 * Matrix product of [...batch, m, k] and [...batch, k, n]: [...batch, m, n]. A transpose flag swaps the last two axes of its
 * operand first. Batch axes are broadcast; both operands need at least two axes. Throws a GraphError for shapes that do not
 * fit.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
  ensure(a.shape.length >= 2 && b.shape.length >= 2, "matmul takes operands with at least two axes");
  ensure(a.dtype === "float" && b.dtype === "float", "matmul takes floats");
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, inner] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [k, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  ensure(
    inner === k,
    () =>
      `matmul of [${a.shape.join(", ")}]${transposeA ? "ᵀ" : ""} and [${b.shape.join(", ")}]${transposeB ? "ᵀ" : ""}: ${inner} is not ${k}`,
  );
  const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const x = broadcast(a, [...batch, aRows, aColumns]);
  const y = broadcast(b, [...batch, bRows, bColumns]);
  return node({ kind: "matmul", transposeA, transposeB }, [x, y], [...batch, m, n]);
}

// ---------------------------------------------------------------- rows and randomness

/**
 * Gathers rows of `data` [n, ...rest] at `indices` (int): [...indices.shape, ...rest]. The caller guarantees 0 <= index < n.
 * Throws a GraphError for indices that are not ints.
 */
export function gather(data: Tensor, indices: Tensor): Tensor {
  ensure(indices.dtype === "int", "gather takes int indices");
  ensure(data.shape.length >= 1, "gather takes data with at least one axis");
  return node({ kind: "gather" }, [data, indices], [...indices.shape, ...data.shape.slice(1)], data.dtype);
}

/**
 * Adds each row of `updates` [...indices.shape, ...rest] to zeros [rows, ...rest] at its index, in order. Throws a GraphError
 * unless there is one update per index.
 */
export function scatterAdd(updates: Tensor, indices: Tensor, rows: number): Tensor {
  ensure(indices.dtype === "int" && updates.dtype === "float", "scatter_add takes float updates and int indices");
  const lead = indices.shape.length;
  ensure(sameShape(updates.shape.slice(0, lead), indices.shape), "scatter_add takes one update per index");
  return node({ kind: "scatter_add", rows }, [updates, indices], [rows, ...updates.shape.slice(lead)]);
}

/**
 * Uniform numbers in [0, 1) that depend only on the key (int [2]), the counter (int []) and the position in `shape`. Throws a
 * GraphError for a key or counter of another shape.
 */
export function uniform(key: Tensor, counter: Tensor, shape: Shape): Tensor {
  ensure(key.dtype === "int" && sameShape(key.shape, [2]), "uniform takes a key of two ints");
  ensure(counter.dtype === "int" && sameShape(counter.shape, []), "uniform takes an int scalar as its counter");
  return node({ kind: "uniform" }, [key, counter], shape);
}

// ---------------------------------------------------------------- control of gradients

/**
 * Returns `value` with a custom gradient: `wrt[i]` receives the cotangent times `gradients[i]`; all have the shape of value.
 * For functions whose gradient in PyTorch is not the derivative of the formula (a clamped logarithm). Throws a GraphError if
 * the shapes or the numbers of tensors differ.
 */
export function customGradient(value: Tensor, wrt: readonly Tensor[], gradients: readonly Tensor[]): Tensor {
  ensure(wrt.length === gradients.length, "customGradient takes one gradient for each tensor");
  ensure(
    [...wrt, ...gradients].every((x) => sameShape(x.shape, value.shape)),
    "customGradient takes tensors of the shape of the value",
  );
  return node({ kind: "custom_gradient", count: wrt.length }, [value, ...wrt, ...gradients], value.shape, value.dtype);
}

/** Returns x, of the same shape, with no gradient flowing through it. */
export const detach = (x: Tensor): Tensor => customGradient(x, [], []);
