/** Finds the axis of a tensor that counts the rows of a batch, so that an element can be assigned to its row. Knows no values. */
import { type Shape, sizeOf, stridesOf, type Tensor } from "../graph.ts";

/** Returns the axis of a tensor along which the rows lie, given those of its inputs; null if there is none. */
export type RowAxis = (tensor: Tensor, inputs: readonly (number | null)[]) => number | null;

/** Creates the rule for batches of `rows` rows; `isRows` says which leaves have rows along their first axis. */
export function createRowAxis(rows: number, isRows: (leaf: string) => boolean): RowAxis {
  return (tensor, inputs) => {
    const { op } = tensor;
    const [first = null, second = null] = inputs;
    const [x] = tensor.inputs;
    switch (op.kind) {
      case "state":
      case "input":
        return isRows(op.name) ? 0 : null;
      case "gather":
        return first === 0 ? 0 : null;
      case "scatter_add":
      case "constant":
      case "uniform":
        return null;
      case "reshape":
        return first === null ? null : reshaped((x as Tensor).shape, first, tensor.shape, rows);
      case "permute":
        return first === null ? null : op.axes.indexOf(first);
      case "broadcast": {
        const axis = first === null ? null : first + tensor.shape.length - (x as Tensor).shape.length;
        return axis !== null && first !== null && tensor.shape[axis] === (x as Tensor).shape[first] ? axis : null;
      }
      case "slice":
      case "pad":
        return first !== null && tensor.shape[first] === (x as Tensor).shape[first] ? first : null;
      case "sum":
      case "max":
        return first !== null && op.axes.includes(first) ? null : first;
      case "matmul":
        return product(tensor, op, first, second);
      default:
        return inputs.find((axis) => axis !== null) ?? null;
    }
  };
}

/** Returns the row of an element: rows lie along `axis`, with several positions for each if there are more positions than rows. */
export function rowOf(shape: Shape, axis: number, element: number, rows: number): number {
  const size = shape[axis] as number;
  const place = Math.floor(element / (stridesOf(shape)[axis] as number)) % size;
  return Math.floor(place / (size / rows));
}

/** The axis that begins where the old one began and has a multiple of the rows. */
function reshaped(from: Shape, axis: number, to: Shape, rows: number): number | null {
  const before = sizeOf(from.slice(0, axis));
  for (let next = 0, product = 1; next < to.length; product *= to[next++] as number) {
    if (product === before && to[next] !== 1 && (to[next] as number) % rows === 0) return next;
  }
  return null;
}

function product(
  { shape }: Tensor,
  { transposeA, transposeB }: { readonly transposeA: boolean; readonly transposeB: boolean },
  first: number | null,
  second: number | null,
): number | null {
  const rank = shape.length;
  if (first !== null && first < rank - 2) return first;
  if (first === (transposeA ? rank - 1 : rank - 2)) return rank - 2;
  if (second !== null && second < rank - 2) return second;
  return second === (transposeB ? rank - 2 : rank - 1) ? rank - 1 : null;
}
