/**
 * Matrix products as kernels: the memory layout of their operands, which of them are packed, and the scratch memory for
 * packing. Knows layouts; matmul.ts generates the code.
 */
import type { Tensor } from "../../graph.ts";
import { accesses, type Index, linear, variable } from "../affine-index.ts";
import { productShape } from "../rewrite/lower.ts";
import type { KernelOutput, MatmulKernel, OperandView } from "../schedule/kernels.ts";
import { ELEMENT_BYTES, LANES } from "../vector.ts";

/** Rows and columns of a register tile: 8 accumulators, 2 vectors of b and 1 of a fit in the 16 registers of x86-64. */
export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;

/** Operands below this size stay in the L1 cache, where their layout hardly matters. */
const SMALL_BYTES = 24 * 1024;

/** Bytes of a block of rows of a, which is multiplied with all of b while it stays in the L2 cache. */
const BLOCK_BYTES = 128 * 1024;

/** Operations that only change the layout of elements. */
const MOVES = new Set(["broadcast", "reshape", "permute", "slice"]);

/** Returns the operands of a product as (row, inner) and (inner, column). Throws an Error if the tensor is not a matmul. */
export function operandViews(product: Tensor): readonly [OperandView, OperandView] {
  const { op, inputs, shape } = product;
  if (op.kind !== "matmul") throw new Error(`${op.kind} is not a matrix product`);
  const rank = shape.length;
  const batch = Array.from({ length: rank - 2 }, (_, axis) => variable(axis));
  const [first, second] = [variable(rank - 2), variable(rank - 1)];
  const view = (tensor: Tensor, transposed: boolean) =>
    viewOf(tensor, [...batch, ...(transposed ? [second, first] : [first, second])]);
  return [view(inputs[0] as Tensor, op.transposeA), view(inputs[1] as Tensor, op.transposeB)];
}

/** The tensors that the code of a tensor reads: its inputs, or the tensors that a product's operands are views of. */
export function readsOf(tensor: Tensor): readonly Tensor[] {
  if (tensor.op.kind !== "matmul") return tensor.inputs;
  const reads = operandsRead.get(tensor) ?? operandViews(tensor).map((view) => view.tensor);
  operandsRead.set(tensor, reads);
  return reads;
}

/** What products read: every walk over a graph asks for it. */
const operandsRead = new WeakMap<Tensor, readonly Tensor[]>();

/** Follows layout operations to the tensor that has to be in memory, while one of the two matrix axes is contiguous in it. */
function viewOf(operand: Tensor, position: readonly Index[]): OperandView {
  let view: OperandView = { tensor: operand, index: linear(operand.shape, position) };
  let [tensor, here] = [operand, position];
  while (MOVES.has(tensor.op.kind)) {
    const source = accesses(tensor, here)?.[0];
    if (!source) break;
    ({ tensor, position: here } = source);
    const index = linear(tensor.shape, here);
    if (isContiguous(index, position.length)) view = { tensor, index };
  }
  return view;
}

const strideOf = ({ terms }: Index, axis: number): number => terms[axis] ?? 0;

const isContiguous = (index: Index, rank: number): boolean =>
  strideOf(index, rank - 2) === 1 || strideOf(index, rank - 1) === 1;

/** Builds the kernel of a product; `outputs` are the tensors that it stores. */
export function buildMatmul(product: Tensor, outputs: readonly KernelOutput[]): MatmulKernel {
  const shape = productShape(product);
  const [a, b] = operandViews(product);
  const rank = product.shape.length;
  return {
    kind: "matmul",
    product,
    shape,
    a,
    b,
    // Four rows are read in parallel: fast if each row is contiguous, slow if every step is on another cache line.
    packA: strideOf(a.index, rank - 1) !== 1 && shape.m * shape.k * ELEMENT_BYTES > SMALL_BYTES,
    packB: strideOf(b.index, rank - 1) !== 1 || (shape.k * shape.n * ELEMENT_BYTES > SMALL_BYTES && shape.m >= 16),
    outputs,
  };
}

/** Rows of a that are multiplied with all of b together: whole tiles. */
export const blockRowsOf = ({ shape: { k } }: MatmulKernel): number =>
  Math.max(TILE_ROWS, Math.floor(BLOCK_BYTES / ELEMENT_BYTES / k / TILE_ROWS) * TILE_ROWS);

/** Whether the inner axis of b is contiguous, so that packing transposes blocks. */
export const transposesB = ({ b, product }: MatmulKernel): boolean => strideOf(b.index, product.shape.length - 1) !== 1;

/** The inner lengths of the panels of a and b. Packing that transposes writes whole blocks of 4. */
export function innerLengths(kernel: MatmulKernel): readonly [number, number] {
  const { k } = kernel.shape;
  return [k, transposesB(kernel) ? Math.ceil(k / LANES) * LANES : k];
}

/** Bytes of the packed copies of a and b; 0 for an operand that is not packed. */
export function packedBytes(kernel: MatmulKernel): readonly [number, number] {
  const { m, n } = kernel.shape;
  const [innerA, innerB] = innerLengths(kernel);
  return [
    kernel.packA ? Math.ceil(m / TILE_ROWS) * TILE_ROWS * innerA * ELEMENT_BYTES : 0,
    kernel.packB ? Math.ceil(n / TILE_COLUMNS) * TILE_COLUMNS * innerB * ELEMENT_BYTES : 0,
  ];
}
