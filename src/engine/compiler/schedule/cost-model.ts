/**
 * The cost model: the instructions that an expression takes for one vector of elements. The fuser weighs recomputation against
 * memory traffic by it.
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { inTopologicalOrder } from "../../graph-walk.ts";
import { COST } from "../codegen/math.ts";
import { expressionOf } from "../expression.ts";
import type { IterationSpace } from "./iteration-space.ts";

/** Combines many elements into one. */
export const isReduction = ({ op }: Tensor): boolean => op.kind === "sum" || op.kind === "max";

/** How many elements a reduction combines in each of its own; 1 for other operations. */
export const reducedSize = ({ op, inputs: [x] }: Tensor): number =>
  op.kind === "sum" || op.kind === "max" ? sizeOf(op.axes.map((axis) => (x as Tensor).shape[axis] as number)) : 1;

/** Instructions for one vector of a tensor's elements, given those for its inputs. */
export function costOf(tensor: Tensor, inner: (input: Tensor) => number): number {
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
export function costWithin(tensor: Tensor, stored: ReadonlySet<Tensor>): number {
  const costs = new Map<Tensor, number>();
  // What is loaded costs one instruction.
  const inner = (input: Tensor): number => costs.get(input) ?? 1;
  for (const each of inTopologicalOrder(expressionOf([tensor], stored).computed)) costs.set(each, costOf(each, inner));
  const whole = costOf(tensor, inner);
  return isReduction(tensor) ? whole / reducedSize(tensor) : whole;
}

/** Instructions in a body: each expression once, times the elements that are written out. */
export function costOfBody(
  placed: readonly { readonly tensor: Tensor; readonly space: IterationSpace }[],
  stored: ReadonlySet<Tensor>,
): number {
  const { kind, loops } = (placed[0] as { space: IterationSpace }).space;
  const line = kind === "line" ? (loops[0]?.size ?? 1) : Number.POSITIVE_INFINITY;
  const { computed } = expressionOf(
    placed.map(({ tensor }) => tensor),
    stored,
  );
  const copiesOf = ({ shape }: Tensor): number => Math.max(1, Math.round(sizeOf(shape) / line));
  return [...computed].reduce((sum, tensor) => sum + copiesOf(tensor) * costOf(tensor, () => 0), 0);
}
