/**
 * What expressions cost, in instructions for one vector of elements: what the fuser weighs recomputation against memory with.
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { COST } from "../codegen/math.ts";
import type { Space } from "./iteration-space.ts";

/** In memory before the step begins. */
export const isLeaf = ({ op }: Tensor): boolean => op.kind === "input" || op.kind === "state" || op.kind === "constant";

/** Combines many elements into one. */
export const isReduction = ({ op }: Tensor): boolean => op.kind === "sum" || op.kind === "max";

/** How many elements a reduction combines in each of its own; 1 for other operations. */
export const reducedSize = ({ op, inputs: [x] }: Tensor): number =>
  op.kind === "sum" || op.kind === "max" ? sizeOf(op.axes.map((axis) => (x as Tensor).shape[axis] as number)) : 1;

/** Instructions for one vector of a tensor's elements, given those for its inputs. */
export function workOf(tensor: Tensor, inner: (input: Tensor) => number): number {
  const { op, inputs } = tensor;
  const sum = inputs.reduce((total, input) => total + inner(input), 0);
  switch (op.kind) {
    case "unary":
    case "binary":
      return COST[op.fn] + sum;
    case "where":
      return 1 + sum;
    case "sum":
    case "max":
      return reducedSize(tensor) * (sum + 1);
    case "uniform":
      return 120;
    case "gather":
      return 4;
    case "input":
    case "state":
    case "constant":
      return 1;
    default:
      return sum;
  }
}

/** Instructions for one point of the iteration space of a stored tensor: its expression, down to what is loaded. */
export function workWithin(tensor: Tensor, stored: ReadonlySet<Tensor>): number {
  const seen = new Map<Tensor, number>();
  const visit = (each: Tensor): number => {
    const known = seen.get(each);
    if (known !== undefined) return known;
    const work = workOf(each, (input) => (stored.has(input) || isLeaf(input) ? 1 : visit(input)));
    seen.set(each, work);
    return work;
  };
  const work = visit(tensor);
  return isReduction(tensor) ? work / reducedSize(tensor) : work;
}

/** Instructions in a body: each expression once, times the elements that are written out. */
export function workOfBody(
  placed: readonly { readonly tensor: Tensor; readonly space: Space }[],
  stored: ReadonlySet<Tensor>,
): number {
  const members = new Set(placed.map(({ tensor }) => tensor));
  const { kind, loops } = (placed[0] as { space: Space }).space;
  const line = kind === "line" ? (loops[0]?.size ?? 1) : Number.POSITIVE_INFINITY;
  const seen = new Set<Tensor>();
  const visit = (tensor: Tensor): number => {
    if (seen.has(tensor) || isLeaf(tensor) || (stored.has(tensor) && !members.has(tensor))) return 0;
    seen.add(tensor);
    const copies = Math.max(1, Math.round(sizeOf(tensor.shape) / line));
    return tensor.inputs.reduce((sum, input) => sum + visit(input), copies * workOf(tensor, () => 0));
  };
  return placed.reduce((sum, { tensor }) => sum + visit(tensor), 0);
}
