/**
 * The closed set of primitives, as types: the nodes of the graph and their operations. The gradients, the float64
 * interpreter and the compiler each have one case per primitive; graph.ts builds the nodes.
 */

import type { Scope } from "./scope.ts";

/** The sizes of the axes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/**
 * `float` is float32 when compiled and float64 in the interpreter. `int` is a signed 32-bit integer, for indices and random
 * keys; it is never differentiated.
 */
export type DType = "float" | "int";

/** Elementwise functions of one float tensor. */
export type UnaryFunction =
  | "neg"
  | "abs"
  | "sign" // -1, 0 or 1, and NaN for NaN
  | "exp"
  | "log"
  | "log1p"
  | "sqrt"
  | "rsqrt"
  | "sin"
  | "cos"
  | "tanh"
  | "sigmoid"
  | "erf";

/** Elementwise functions of two float tensors of equal shape. Comparisons return 1 or 0. `maximum` and `minimum` propagate NaN. */
export type BinaryFunction = "add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "less" | "less_equal" | "equal";

/** The elements of one axis that a slice selects. */
export interface SliceRange {
  readonly start: number;
  /** Exclusive. */
  readonly stop: number;
  readonly step: number;
}

/** The zeros that pad inserts around and between the elements of one axis. */
export interface PadRange {
  /** Zeros before the first element. */
  readonly low: number;
  /** Zeros after the last element. */
  readonly high: number;
  /** Zeros between two adjacent elements. */
  readonly interior: number;
}

/** A primitive with its attributes. */
export type Operation =
  /** A value that the caller sets before each step. */
  | { readonly kind: "input"; readonly name: string }
  /** A value that stays in memory between steps: a parameter, optimiser state, a data set. */
  | { readonly kind: "state"; readonly name: string }
  /** Row-major values, one per element. */
  | { readonly kind: "constant"; readonly values: Float64Array }
  | { readonly kind: "unary"; readonly fn: UnaryFunction }
  | { readonly kind: "binary"; readonly fn: BinaryFunction }
  /** inputs [condition, a, b]: a where condition is not 0, else b. */
  | { readonly kind: "where" }
  /** Sum over `axes`, which keep size 1 in the shape. */
  | { readonly kind: "sum"; readonly axes: readonly number[] }
  /** Maximum over `axes`, which keep size 1 in the shape. NaN propagates. */
  | { readonly kind: "max"; readonly axes: readonly number[] }
  /** inputs [a, b], both [...batch, rows, columns] before their transpose flag is applied. */
  | { readonly kind: "matmul"; readonly transposeA: boolean; readonly transposeB: boolean }
  | { readonly kind: "reshape" }
  /** Axis i of the output is axis `axes[i]` of the input. */
  | { readonly kind: "permute"; readonly axes: readonly number[] }
  /** NumPy's rule: shapes are aligned at the right, and missing axes and axes of size 1 are repeated. */
  | { readonly kind: "broadcast" }
  /** One range per axis. */
  | { readonly kind: "slice"; readonly ranges: readonly SliceRange[] }
  /** One range per axis. */
  | { readonly kind: "pad"; readonly ranges: readonly PadRange[] }
  /** inputs [data [n, ...rest], indices (int)]: rows of data, [...indices.shape, ...rest]. Indices must be in 0..n-1. */
  | { readonly kind: "gather" }
  /**
   * inputs [updates [...indices.shape, ...rest], indices (int)]: zeros [rows, ...rest] to which each update is added at its
   * row, in the order of the indices.
   */
  | { readonly kind: "scatter_add"; readonly rows: number }
  /**
   * inputs [key int [2], counter int []]: uniform in [0, 1). Element i is the top 24 bits of threefry2x32(key, [i,
   * counter])[0], times 2^-24.
   */
  | { readonly kind: "uniform" }
  /**
   * inputs [value, ...wrt, ...gradients], with one gradient per wrt: evaluates to `value`. wrt i receives the cotangent times
   * gradient i; `value` receives none. Without any wrt this is PyTorch's detach.
   */
  | { readonly kind: "custom_gradient"; readonly count: number };

/** A node of the graph: an operation, its inputs, and the shape of its result. */
export interface Tensor {
  /** Numbered in creation order, which is a topological order: every input has a smaller id. */
  readonly id: number;
  readonly op: Operation;
  readonly inputs: readonly Tensor[];
  readonly shape: Shape;
  readonly dtype: DType;
  /** Its origin, for people; left out of the tensors that a compiler makes. */
  readonly scope?: Scope;
}
