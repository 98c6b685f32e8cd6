/**
 * Graph traversal. Every analysis and rewrite of the engine uses it and supplies only the edges to follow.
 * Knows tensors and their inputs; knows nothing of what an operation means.
 */
import type { Tensor } from "./graph.ts";

/** Visits are marked in an array for ids in a range from that of the first start: those of a graph are close to one another. */
const MAX_MARKS = 2 ** 21;

/** The tensors that a walk has visited: those of the walk's round. A set would compute a hash for each tensor of each walk. */
class Marks {
  // Not of 32 bits: a thread that compiles all the time walks 2^31 times in a few days.
  #rounds = new Float64Array(1024);
  #round = 0;
  #top = 0;
  readonly #others = new Set<Tensor>();

  /** Forgets all visits. `top` is the greatest id of a walk's starts. */
  begin(top: number): void {
    this.#round++;
    this.#top = top;
    if (this.#others.size > 0) this.#others.clear();
  }

  /** Marks a tensor. Returns false if it was marked before. */
  add(tensor: Tensor): boolean {
    const at = this.#top - tensor.id;
    if (at < 0 || at >= MAX_MARKS) return this.#addFar(tensor);
    if (at >= this.#rounds.length) this.#grow(at);
    if (this.#rounds[at] === this.#round) return false;
    this.#rounds[at] = this.#round;
    return true;
  }

  #addFar(tensor: Tensor): boolean {
    if (this.#others.has(tensor)) return false;
    this.#others.add(tensor);
    return true;
  }

  #grow(at: number): void {
    const grown = new Float64Array(Math.max(2 * this.#rounds.length, at + 1));
    grown.set(this.#rounds);
    this.#rounds = grown;
  }
}

/** Unused marks: one walk may start another. */
const spare: Marks[] = [];

/**
 * Visits each tensor once, depth first, in the order of the inputs. `follow` is called with each visited tensor and returns
 * the tensors to visit next, none at a boundary. Returns the visited tensors in the order of the visits. Uses an explicit
 * stack, so deep graphs cannot overflow the call stack.
 */
export function walk(starts: Iterable<Tensor>, follow: (tensor: Tensor) => readonly Tensor[]): Tensor[] {
  const stack = [...starts].reverse();
  const marks = spare.pop() ?? new Marks();
  marks.begin(stack.reduce((top, { id }) => Math.max(top, id), 0));
  const visited: Tensor[] = [];
  for (let tensor = stack.pop(); tensor !== undefined; tensor = stack.pop()) {
    if (!marks.add(tensor)) continue;
    visited.push(tensor);
    const next = follow(tensor);
    for (let index = next.length - 1; index >= 0; index--) stack.push(next[index] as Tensor);
  }
  spare.push(marks);
  return visited;
}

interface Reached {
  readonly tensor: Tensor;
}

/** Walks like `walk`, with data attached to each visit, such as a position. Only the first visit to a tensor counts. */
export function walkCarrying<Visit extends Reached>(
  starts: readonly Visit[],
  follow: (visit: Visit) => readonly Visit[],
): Tensor[] {
  const stack = starts.toReversed();
  const marks = spare.pop() ?? new Marks();
  marks.begin(stack.reduce((top, { tensor }) => Math.max(top, tensor.id), 0));
  const visited: Tensor[] = [];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (!marks.add(visit.tensor)) continue;
    visited.push(visit.tensor);
    const next = follow(visit);
    for (let index = next.length - 1; index >= 0; index--) stack.push(next[index] as Visit);
  }
  spare.push(marks);
  return visited;
}

/** Returns every tensor that the roots depend on, including the roots, in topological order. */
export function reachable(roots: Iterable<Tensor>): Tensor[] {
  return inTopologicalOrder(walk(roots, ({ inputs }) => inputs));
}

/** Sorts tensors of one graph by creation, so that every tensor comes after its inputs. No tensor may be there twice. */
export function inTopologicalOrder(tensors: readonly Tensor[]): Tensor[] {
  if (tensors.length < 32) return sortFew(tensors);
  const first = tensors.reduce((low, { id }) => Math.min(low, id), Number.POSITIVE_INFINITY);
  const last = tensors.reduce((high, { id }) => Math.max(high, id), 0);
  // In most graphs nearly all ids between the first and the last occur: each has its own slot.
  if (last - first > 8 * tensors.length) return tensors.toSorted((a, b) => a.id - b.id);
  const places = new Array<Tensor | undefined>(last - first + 1).fill(undefined);
  for (const tensor of tensors) places[tensor.id - first] = tensor;
  return places.filter((tensor) => tensor !== undefined);
}

/** Sorts a few tensors by insertion: walks start at the last one, so that they are nearly in order from their end on. */
function sortFew(tensors: readonly Tensor[]): Tensor[] {
  const sorted: Tensor[] = [];
  for (let index = tensors.length - 1; index >= 0; index--) {
    const tensor = tensors[index] as Tensor;
    let at = sorted.length;
    for (; at > 0 && (sorted[at - 1] as Tensor).id > tensor.id; at--) sorted[at] = sorted[at - 1] as Tensor;
    sorted[at] = tensor;
  }
  return sorted;
}
