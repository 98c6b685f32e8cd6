/**
 * Lowers small matrix products to sums of elementwise products, which then fuse with other elementwise operations. Larger
 * products remain matmul nodes. Knows nothing of loops.
 */
import type { Operation, Shape, Tensor } from "../../graph.ts";
import { type Program, rebuild } from "../../program.ts";

/** Sums with at most this many terms are unrolled. */
export const LARGEST_INLINE_SUM = 16;

/** The batch axes of a matrix product, and its m, n and k. */
export interface ProductShape {
  readonly batch: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** The sizes of a matmul node. */
export function productShape({ op, inputs: [a], shape }: Tensor): ProductShape {
  const [m, n] = shape.slice(-2) as [number, number];
  const transposed = op.kind === "matmul" && op.transposeA;
  return { batch: shape.slice(0, -2), m, n, k: (a as Tensor).shape.at(transposed ? -2 : -1) as number };
}

/** Returns the program with small products lowered, and with tensors renumbered in topological order. */
export function lower(program: Program): Program {
  let nextId = 0;
  const make = (op: Operation, inputs: readonly Tensor[], shape: Shape, dtype: Tensor["dtype"]): Tensor => ({
    id: nextId++,
    op,
    inputs,
    shape,
    dtype,
  });
  return rebuild(program, (tensor, inputs) => {
    const product = tensor.op.kind === "matmul" && isSmall(productShape(tensor));
    return product ? asSum({ ...tensor, inputs }, make) : make(tensor.op, inputs, tensor.shape, tensor.dtype);
  });
}

/** Products are lowered if their sums are short, their results few, or they are too narrow for a register tile. */
const SHORT_SUM = 8;
const FEW_RESULTS = 16;
const MIN_ROWS = 3;
const MIN_COLUMNS = 4;

function isSmall({ m, n, k }: ProductShape): boolean {
  return k <= SHORT_SUM || m * n <= FEW_RESULTS || m < MIN_ROWS || n < MIN_COLUMNS;
}

type Make = (op: Operation, inputs: readonly Tensor[], shape: Shape, dtype: Tensor["dtype"]) => Tensor;

/** sum over k of a[..., m, 1, k] * b[..., 1, n, k]. */
function asSum(product: Tensor, make: Make): Tensor {
  const { batch, m, n, k } = productShape(product);
  const [a, b] = product.inputs as [Tensor, Tensor];
  const { transposeA, transposeB } = product.op as Extract<Operation, { kind: "matmul" }>;
  const shape = [...batch, m, n, k];
  const axis = shape.length - 1;
  const spread = (x: Tensor, swapped: boolean, unit: Shape): Tensor => {
    const order = [...batch.keys(), ...(swapped ? [batch.length + 1, batch.length] : [batch.length, batch.length + 1])];
    const straight = swapped
      ? make(
          { kind: "permute", axes: order },
          [x],
          order.map((from) => x.shape[from] as number),
          "float",
        )
      : x;
    return make({ kind: "broadcast" }, [make({ kind: "reshape" }, [straight], unit, "float")], shape, "float");
  };
  const terms = [spread(a, transposeA, [...batch, m, 1, k]), spread(b, !transposeB, [...batch, 1, n, k])];
  const sum = make(
    { kind: "sum", axes: [axis] },
    [make({ kind: "binary", fn: "mul" }, terms, shape, "float")],
    [...batch, m, n, 1],
    "float",
  );
  return make({ kind: "reshape" }, [sum], product.shape, "float");
}
