/**
 * The cost model: the number of instructions of an expression per vector of elements. The fuser uses it to weigh
 * recomputation against memory traffic.
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { inTopologicalOrder } from "../../graph-walk.ts";
import { COST } from "../codegen/math.ts";
import { expressionOf } from "../expression.ts";
import { type TensorMembers, TensorNumbers } from "../tensor-tables.ts";
import type { IterationSpace } from "./iteration-space.ts";

/** Whether a tensor is a sum or max reduction. */
export const isReduction = ({ op }: Tensor): boolean => op.kind === "sum" || op.kind === "max";

/** The number of input elements per output element of a reduction; 1 for other operations. */
export const reducedSize = ({ op, inputs: [x] }: Tensor): number =>
  op.kind === "sum" || op.kind === "max" ? sizeOf(op.axes.map((axis) => (x as Tensor).shape[axis] as number)) : 1;

/** The instructions per vector of a tensor, given the instructions per vector of its inputs. */
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

/** The instructions per point of the iteration space of a stored tensor: its whole expression, including the loads. */
export function costWithin(tensor: Tensor, stored: TensorMembers): number {
  return costOfExpression(tensor, expressionOf([tensor], stored).computed);
}

/** The costs of what the present expression computes. */
const costs = new TensorNumbers();

/** The same, given the tensors that the expression computes. */
export function costOfExpression(tensor: Tensor, computed: readonly Tensor[]): number {
  costs.clear();
  // A load costs one instruction.
  const inner = (input: Tensor): number => costs.get(input) ?? 1;
  for (const each of inTopologicalOrder(computed)) costs.set(each, costOf(each, inner));
  const whole = costOf(tensor, inner);
  return isReduction(tensor) ? whole / reducedSize(tensor) : whole;
}

/** The instructions of a loop body: each expression once, times the number of its unrolled elements. */
export function costOfBody(
  outputs: readonly { readonly tensor: Tensor; readonly space: IterationSpace }[],
  stored: TensorMembers,
): number {
  const { kind, loops } = (outputs[0] as { space: IterationSpace }).space;
  const line = kind === "line" ? (loops[0]?.size ?? 1) : Number.POSITIVE_INFINITY;
  const { computed } = expressionOf(
    outputs.map(({ tensor }) => tensor),
    stored,
  );
  const copiesOf = ({ shape }: Tensor): number => Math.max(1, Math.round(sizeOf(shape) / line));
  return computed.reduce((sum, tensor) => sum + copiesOf(tensor) * costOf(tensor, () => 0), 0);
}
