/**
 * Matrix products as kernels: where their operands lie, which of them are packed, and how much scratch memory that takes.
 * Knows layouts; matmul.ts writes the code.
 */
import type { Tensor } from "../../graph.ts";
import { accesses, type Index, linear, variable } from "../affine-index.ts";
import { productShape } from "../rewrite/lower.ts";
import type { KernelOutput, MatmulKernel, OperandView } from "../schedule/kernels.ts";
import { ELEMENT_BYTES, LANES } from "../vector.ts";

/** Rows and columns of a register tile: 8 accumulators, 2 vectors of b and 1 of a fit the 16 registers of x86-64. */
export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;

/** Operands below this size stay in the fastest cache: their layout hardly matters. */
const SMALL_BYTES = 24 * 1024;

/** Operations that only say where elements lie. */
const MOVES = new Set(["broadcast", "reshape", "permute", "slice"]);

/** Both operands of a product, (row, inner) and (inner, column). Throws an Error for a tensor that is no product. */
export function operandViews(product: Tensor): readonly [OperandView, OperandView] {
  const { op, inputs, shape } = product;
  if (op.kind !== "matmul") throw new Error(`${op.kind} is no product`);
  const rank = shape.length;
  const batch = Array.from({ length: rank - 2 }, (_, axis) => variable(axis));
  const [first, second] = [variable(rank - 2), variable(rank - 1)];
  const view = (tensor: Tensor, transposed: boolean) =>
    viewOf(tensor, [...batch, ...(transposed ? [second, first] : [first, second])]);
  return [view(inputs[0] as Tensor, op.transposeA), view(inputs[1] as Tensor, op.transposeB)];
}

/** The tensors that the code of a tensor reads: its inputs, or for a product what its operands are views of. */
export const readsOf = (tensor: Tensor): readonly Tensor[] =>
  tensor.op.kind === "matmul" ? operandViews(tensor).map((view) => view.tensor) : tensor.inputs;

/** Follows moves to the tensor that has to be in memory, as long as one of the two matrix axes is contiguous there. */
function viewOf(operand: Tensor, position: readonly Index[]): OperandView {
  let view: OperandView = { tensor: operand, index: linear(operand.shape, position) };
  let [tensor, place] = [operand, position];
  while (MOVES.has(tensor.op.kind)) {
    const source = accesses(tensor, place)?.[0];
    if (!source) break;
    ({ tensor, position: place } = source);
    const index = linear(tensor.shape, place);
    if (isContiguous(index, position.length)) view = { tensor, index };
  }
  return view;
}

const strideOf = ({ terms }: Index, axis: number): number => terms[axis] ?? 0;

const isContiguous = (index: Index, rank: number): boolean =>
  strideOf(index, rank - 2) === 1 || strideOf(index, rank - 1) === 1;

/** The kernel of a product; `outputs` are what is stored of it. */
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
    // Four rows are read side by side: fine when each is contiguous, slow when every step jumps to another line.
    packA: strideOf(a.index, rank - 1) !== 1 && shape.m * shape.k * ELEMENT_BYTES > SMALL_BYTES,
    packB: strideOf(b.index, rank - 1) !== 1 || (shape.k * shape.n * ELEMENT_BYTES > SMALL_BYTES && shape.m >= 16),
    outputs,
  };
}

/** Whether the inner axis of b is contiguous, so that packing turns blocks around. */
export const turnsB = ({ b, product }: MatmulKernel): boolean => strideOf(b.index, product.shape.length - 1) !== 1;

/** Inner lengths of the panels of a and b. Where packing turns blocks around, it writes whole blocks of 4. */
export function innerLengths(kernel: MatmulKernel): readonly [number, number] {
  const { k } = kernel.shape;
  return [k, turnsB(kernel) ? Math.ceil(k / LANES) * LANES : k];
}

/** Bytes of the packed copies of a and b. */
export function packedBytes(kernel: MatmulKernel): readonly [number, number] {
  const { m, n } = kernel.shape;
  const [innerA, innerB] = innerLengths(kernel);
  return [
    kernel.packA ? Math.ceil(m / TILE_ROWS) * TILE_ROWS * innerA * ELEMENT_BYTES : 0,
    kernel.packB ? Math.ceil(n / TILE_COLUMNS) * TILE_COLUMNS * innerB * ELEMENT_BYTES : 0,
  ];
}
