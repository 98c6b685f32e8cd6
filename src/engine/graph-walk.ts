/**
 * Graph traversal. Every analysis and rewrite of the engine uses it and supplies only the edges to follow.
 * Knows tensors and their inputs; knows nothing of what an operation means.
 */
import type { Tensor } from "./graph.ts";

/**
 * Visits each tensor once, depth first, in the order of the inputs. `follow` is called with each visited tensor and returns
 * the tensors to visit next, none at a boundary. Returns the visited tensors in the order of the visits. Uses an explicit
 * stack, so deep graphs cannot overflow the call stack.
 */
export function walk(starts: Iterable<Tensor>, follow: (tensor: Tensor) => readonly Tensor[]): Set<Tensor> {
  const seen = new Set<Tensor>();
  const stack = [...starts].reverse();
  for (let tensor = stack.pop(); tensor !== undefined; tensor = stack.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    const next = follow(tensor);
    for (let index = next.length - 1; index >= 0; index--) stack.push(next[index] as Tensor);
  }
  return seen;
}

interface Reached {
  readonly tensor: Tensor;
}

/** Walks like `walk`, with data attached to each visit, such as a position. Only the first visit to a tensor counts. */
export function walkCarrying<Visit extends Reached>(
  starts: readonly Visit[],
  follow: (visit: Visit) => readonly Visit[],
): Set<Tensor> {
  const seen = new Set<Tensor>();
  const stack = starts.toReversed();
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (seen.has(visit.tensor)) continue;
    seen.add(visit.tensor);
    const next = follow(visit);
    for (let index = next.length - 1; index >= 0; index--) stack.push(next[index] as Visit);
  }
  return seen;
}

/** Returns every tensor that the roots depend on, including the roots, in topological order. */
export function reachable(roots: Iterable<Tensor>): Tensor[] {
  return inTopologicalOrder(walk(roots, ({ inputs }) => inputs));
}

/** Sorts tensors of one graph by creation, so that every tensor comes after its inputs. */
export function inTopologicalOrder(tensors: Iterable<Tensor>): Tensor[] {
  return [...tensors].sort((a, b) => a.id - b.id);
}
