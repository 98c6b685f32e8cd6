/**
 * The one walk over graphs. Every analysis and rewrite of the engine goes through it and says only where to go on.
 * Knows tensors and their inputs; knows nothing of what an operation means.
 */
import type { Tensor } from "./graph.ts";

/**
 * Visits tensors depth first, in the order of their inputs, each one once. `follow` is called with each tensor that is
 * reached and returns the tensors to go on to: none of them at a boundary. Returns the tensors that were reached, in the
 * order of the visits. The stack is its own, so that deep graphs do not exhaust the engine's.
 */
export function walk(starts: Iterable<Tensor>, follow: (tensor: Tensor) => readonly Tensor[]): Set<Tensor> {
  const enter = ({ tensor }: Reached): readonly Reached[] => follow(tensor).map(reached);
  return walkCarrying([...starts].map(reached), enter);
}

interface Reached {
  readonly tensor: Tensor;
}

const reached = (tensor: Tensor): Reached => ({ tensor });

/** The same walk for visits that carry something along, such as a position. The first visit to reach a tensor counts. */
export function walkCarrying<Visit extends Reached>(
  starts: readonly Visit[],
  follow: (visit: Visit) => readonly Visit[],
): Set<Tensor> {
  const seen = new Set<Tensor>();
  const stack = starts.toReversed();
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (seen.has(visit.tensor)) continue;
    seen.add(visit.tensor);
    stack.push(...follow(visit).toReversed());
  }
  return seen;
}

/** Every tensor that the roots are computed from, themselves included, in topological order. */
export function reachable(roots: Iterable<Tensor>): Tensor[] {
  return inTopologicalOrder(walk(roots, ({ inputs }) => inputs));
}

/** Tensors of one graph in the order of their creation, in which inputs come before what reads them. */
export function inTopologicalOrder(tensors: Iterable<Tensor>): Tensor[] {
  return [...tensors].sort((a, b) => a.id - b.id);
}
