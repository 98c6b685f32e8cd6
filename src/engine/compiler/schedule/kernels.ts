/** Kernels, the fuser's output for the memory planner and the code generator. Types only. */
import type { Shape, Tensor } from "../../graph.ts";
import type { Index } from "../affine-index.ts";
import type { ProductShape } from "../rewrite/lower.ts";

/** How an axis of an output's iteration space is traversed. */
export type AxisRole =
  /** By a loop of the kernel. */
  | { readonly kind: "loop"; readonly loop: number }
  /** Unrolled, for short axes. */
  | { readonly kind: "expand"; readonly size: number }
  /** Not traversed: an axis of size 1, or one that is merged into the next loop to its right. */
  | { readonly kind: "zero" };

/**
 * A tensor that a kernel computes and stores.
 * - pointwise: one element at each point of the iteration space, which is the tensor's shape;
 * - reduce: a sum or max over some axes of the iteration space, which is the shape of its input;
 * - pad, scatter: each point of the input's shape is written to its own position in a tensor of zeros.
 */
export interface KernelOutput {
  readonly tensor: Tensor;
  readonly kind: "pointwise" | "reduce" | "pad" | "scatter";
  /** The expression evaluated at each point. */
  readonly value: Tensor;
  readonly iteration: Shape;
  /** One role per axis of `iteration`. */
  readonly roles: readonly AxisRole[];
}

/** A loop of a kernel. The vector loop advances by four elements per iteration. */
export interface Loop {
  readonly size: number;
  readonly vector: boolean;
  /** Whether the kernel's reductions run over it. Reduced loops are inside the others. */
  readonly reduced: boolean;
}

/** A loop nest, outermost loop first, that computes several tensors. */
export interface LoopKernel {
  readonly kind: "loops";
  readonly loops: readonly Loop[];
  readonly outputs: readonly KernelOutput[];
  /** Approximate number of instructions in the body. */
  readonly cost: number;
  readonly structure: Structure;
}

/** What a kernel computes, whatever it reads it from. */
export interface Structure {
  /** Equal for kernels that differ at most in the tensors that they load and store. */
  readonly text: string;
  /** The tensors that it loads, in the order in which the text has them. */
  readonly loaded: readonly Tensor[];
}

/** The memory layout of a product's operand: elements of `tensor` at an affine index of row, column and batch. */
export interface OperandView {
  readonly tensor: Tensor;
  /** Its variables are the batch axes of the product, then the operand's axes as (row, inner) or (inner, column). */
  readonly index: Index;
}

/** A matrix product in register tiles, with a pointwise epilogue on each tile before it is stored. */
export interface MatmulKernel {
  readonly kind: "matmul";
  readonly product: Tensor;
  readonly shape: ProductShape;
  readonly a: OperandView;
  readonly b: OperandView;
  /** Whether the operand is packed first, so that tiles read it sequentially. */
  readonly packA: boolean;
  readonly packB: boolean;
  /** The product, if other kernels read it, and pointwise tensors of its shape. */
  readonly outputs: readonly KernelOutput[];
}

export type Kernel = LoopKernel | MatmulKernel;
