/** What the fuser hands to the planner and the emitter: kernels in the order in which they run. Types only. */
import type { Shape, Tensor } from "../../graph.ts";
import type { Index } from "../affine-index.ts";
import type { ProductShape } from "../rewrite/lower.ts";

/** How an axis of an output's iteration space is visited. */
export type AxisRole =
  /** By a loop of the kernel. */
  | { readonly kind: "loop"; readonly loop: number }
  /** Element by element, written out: for short axes. */
  | { readonly kind: "expand"; readonly size: number }
  /** Not at all: an axis of size 1, or one that was merged into the next loop to its right. */
  | { readonly kind: "zero" };

/**
 * A tensor that a kernel computes and stores.
 * - pointwise: one element at each point of the iteration space, which is the tensor's shape;
 * - reduce: a sum or max over some axes of the iteration space, which is the shape of its input;
 * - pad, scatter: each point of the input's shape goes to a place of its own in a tensor of zeros.
 */
export interface KernelOutput {
  readonly tensor: Tensor;
  readonly kind: "pointwise" | "reduce" | "pad" | "scatter";
  /** The expression that is evaluated at each point. */
  readonly value: Tensor;
  readonly iteration: Shape;
  /** One for each axis of `iteration`. */
  readonly roles: readonly AxisRole[];
}

/** A loop of a kernel. The vector loop advances by four elements at a time. */
export interface Loop {
  readonly size: number;
  readonly vector: boolean;
  /** Whether the reductions of the kernel run over it. Such loops are inside the others. */
  readonly reduced: boolean;
}

/** A nest of loops, outermost first, that computes several tensors at once. */
export interface LoopKernel {
  readonly kind: "loops";
  readonly loops: readonly Loop[];
  readonly outputs: readonly KernelOutput[];
  /** Instructions in the body, roughly. */
  readonly cost: number;
}

/** Where the elements of an operand of a product lie: in `tensor`, at an affine function of row, column and batch. */
export interface OperandView {
  readonly tensor: Tensor;
  /** Variables: the batch axes of the product, then the two axes of the operand in the order (row, inner) or (inner, column). */
  readonly index: Index;
}

/** A matrix product by register tiles, with pointwise work on each tile before it is stored. */
export interface MatmulKernel {
  readonly kind: "matmul";
  readonly product: Tensor;
  readonly shape: ProductShape;
  readonly a: OperandView;
  readonly b: OperandView;
  /** Copied to a layout of its own first, so that tiles read it in order. */
  readonly packA: boolean;
  readonly packB: boolean;
  /** The product itself where others read it, and pointwise tensors of its shape. */
  readonly outputs: readonly KernelOutput[];
}

export type Kernel = LoopKernel | MatmulKernel;
