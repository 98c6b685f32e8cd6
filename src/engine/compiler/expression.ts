/**
 * The tensors that a kernel computes and those that it loads. A tensor is either in memory when a kernel reads it (a leaf, or
 * stored by a kernel) or inline: part of the expressions that read it. Knows graphs; knows nothing of loops.
 */
import type { Tensor } from "../graph.ts";
import { walk } from "../graph-walk.ts";
import type { TensorMembers } from "./tensor-tables.ts";

/** Whether a tensor is in memory before the step begins. */
export const isLeaf = ({ op }: Tensor): boolean => op.kind === "input" || op.kind === "state" || op.kind === "constant";

const POINTWISE: ReadonlySet<string> = new Set(["unary", "binary", "where"]);

/** Whether each element is computed from the elements of the inputs at the same position. */
export const isPointwise = ({ op }: Tensor): boolean => POINTWISE.has(op.kind);

/** The tensors that a kernel computes, and the tensors in memory that its expressions read. */
export interface Expression {
  readonly computed: readonly Tensor[];
  readonly loaded: readonly Tensor[];
}

/** Returns the expressions of `members`, which one kernel stores. `readsOf` returns the tensors that a tensor's code reads. */
export function expressionOf(
  members: Iterable<Tensor>,
  stored: TensorMembers,
  readsOf: (tensor: Tensor) => readonly Tensor[] = ({ inputs }) => inputs,
): Expression {
  const own = new Set(members);
  const [computed, loaded]: [Tensor[], Tensor[]] = [[], []];
  walk(own, (tensor) => {
    const isLoaded = isLeaf(tensor) || (stored.has(tensor) && !own.has(tensor));
    (isLoaded ? loaded : computed).push(tensor);
    return isLoaded ? [] : readsOf(tensor);
  });
  return { computed, loaded };
}
