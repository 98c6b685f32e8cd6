/**
 * What one kernel computes and what it loads. A tensor is either in memory when a kernel reads it (a leaf, or stored by a
 * kernel) or inline: part of the expressions that read it. Knows graphs; knows nothing of loops.
 */
import type { Tensor } from "../graph.ts";
import { walk } from "../graph-walk.ts";

/** In memory before the step begins. */
export const isLeaf = ({ op }: Tensor): boolean => op.kind === "input" || op.kind === "state" || op.kind === "constant";

const POINTWISE: ReadonlySet<string> = new Set(["unary", "binary", "where"]);

/** Reads its inputs at the position of the element that it computes. */
export const isPointwise = ({ op }: Tensor): boolean => POINTWISE.has(op.kind);

/** What a kernel computes, and the tensors in memory that its expressions end at. */
export interface Expression {
  readonly computed: ReadonlySet<Tensor>;
  readonly loaded: ReadonlySet<Tensor>;
}

/** The expressions of `members`, which one kernel stores. `readsOf` says what the code of a tensor reads: by default its inputs. */
export function expressionOf(
  members: Iterable<Tensor>,
  stored: ReadonlySet<Tensor>,
  readsOf: (tensor: Tensor) => readonly Tensor[] = ({ inputs }) => inputs,
): Expression {
  const own = new Set(members);
  const [computed, loaded] = [new Set<Tensor>(), new Set<Tensor>()];
  walk(own, (tensor) => {
    const isLoaded = isLeaf(tensor) || (stored.has(tensor) && !own.has(tensor));
    (isLoaded ? loaded : computed).add(tensor);
    return isLoaded ? [] : readsOf(tensor);
  });
  return { computed, loaded };
}
