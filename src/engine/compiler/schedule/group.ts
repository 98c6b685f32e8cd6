/**
 * Decides which stored tensors are computed by one kernel: those over the same space that do not wait for each other, and the
 * pointwise work on a product's tiles.
 */
import { sameShape, sizeOf, type Tensor } from "../../graph.ts";
import { walk } from "../../graph-walk.ts";
import type { Program } from "../../program.ts";
import { sameButUnits } from "../affine-index.ts";
import { isLeaf, isPointwise } from "../expression.ts";
import { readsOf } from "../matmul/product.ts";
import { costWithin } from "./cost-model.ts";
import { type IterationSpace, iterationSpaceOf } from "./iteration-space.ts";

/** Instructions in the body of a merged kernel: bounds the code, not the speed. */
const LARGEST_BODY = 6000;

/** A kernel in the making. */
export interface Group {
  readonly space: IterationSpace;
  /** The matrix product that the other members are computed from, tile by tile. */
  readonly product: Tensor | undefined;
  readonly members: Set<Tensor>;
  readonly spaces: Map<Tensor, IterationSpace>;
  /** Whether a member is complete only when the loops have ended. */
  hasReduction: Map<Tensor, boolean>;
  cost: number;
}

/** Puts each stored tensor into the first kernel that runs late enough and visits the same space. */
export function group(program: Program, tensors: readonly Tensor[], stored: ReadonlySet<Tensor>): Group[] {
  const groups: Group[] = [];
  const home = new Map<Tensor, number>();
  const readersOf = new Map<Tensor, number>();
  const updated = new Map((program.updates ?? []).map(({ state, next }) => [next, state]));
  for (const tensor of tensors) {
    if (!stored.has(tensor)) continue;
    const space = iterationSpaceOf(tensor, stored);
    const needs = dependencies(tensor, stored);
    let earliest = 0;
    for (const [need, whole] of needs) {
      const at = home.get(need);
      if (at === undefined) continue;
      const complete = whole || groups[at]?.hasReduction.get(need) || space.alone || groups[at]?.space.key !== space.key;
      earliest = Math.max(earliest, complete ? at + 1 : at);
    }
    // A state is replaced after everything that reads its old value, so that this can happen in place.
    const replaced = updated.get(tensor);
    if (replaced) earliest = Math.max(earliest, readersOf.get(replaced) ?? 0);
    const cost = space.copies * (costWithin(tensor, stored) + 2);
    let index = groups.findIndex(
      (candidate, at) =>
        at >= earliest && !space.alone && candidate.space.key === space.key && candidate.cost + cost <= LARGEST_BODY,
    );
    const epilogue = epilogueOf(tensor, stored, home, groups);
    const fits = replaced === undefined || (fitsTiles(tensor) && (readersOf.get(replaced) ?? 0) <= (epilogue ?? 0));
    if (epilogue !== undefined && fits) index = epilogue;
    if (index < 0) {
      const product = tensor.op.kind === "matmul" ? tensor : undefined;
      index = groups.push({ space, product, members: new Set(), spaces: new Map(), hasReduction: new Map(), cost: 0 }) - 1;
    }
    const chosen = groups[index] as Group;
    chosen.members.add(tensor);
    chosen.spaces.set(tensor, space);
    chosen.hasReduction.set(tensor, space.output !== "pointwise");
    chosen.cost += cost;
    home.set(tensor, index);
    for (const need of needs.keys()) if (isLeaf(need)) readersOf.set(need, Math.max(readersOf.get(need) ?? 0, index));
  }
  return groups;
}

/** An update reads and writes several matrices: large ones are faster in one sweep than in the small pieces of tiles. */
const fitsTiles = (tensor: Tensor): boolean => sizeOf(tensor.shape) <= 32 * 1024;

/**
 * The kernel of the product that a pointwise tensor is computed from element by element, if it reads one, and nothing that is
 * complete only later.
 */
function epilogueOf(
  tensor: Tensor,
  stored: ReadonlySet<Tensor>,
  home: ReadonlyMap<Tensor, number>,
  groups: readonly Group[],
): number | undefined {
  if (!isPointwise(tensor)) return undefined;
  let found: number | undefined;
  let latest = -1;
  const isLoaded = (each: Tensor): boolean => each !== tensor && (stored.has(each) || isLeaf(each));
  const homeOf = (each: Tensor): number => home.get(each) ?? -1;
  const elsewhere: Tensor[] = [];
  walk([tensor], (each) => {
    if (isLoaded(each)) {
      const at = homeOf(each);
      const inProduct = groups[at]?.product !== undefined && each.inputs.length > 0;
      if (inProduct && sameShape(each.shape, tensor.shape) && at >= (found ?? -1)) found = at;
      else latest = Math.max(latest, at);
      return [];
    }
    if (isPointwise(each)) return each.inputs;
    elsewhere.push(...each.inputs);
    return [];
  });
  walk(elsewhere, (each) => {
    if (!isLoaded(each)) return each.inputs;
    latest = Math.max(latest, homeOf(each));
    return [];
  });
  return found !== undefined && latest < found ? found : undefined;
}

/** Stored tensors and leaves that the expression of `tensor` reads, and whether it needs them in memory, whole. */
function dependencies(tensor: Tensor, stored: ReadonlySet<Tensor>): Map<Tensor, boolean> {
  const found = new Map<Tensor, boolean>();
  if (isLeaf(tensor)) found.set(tensor, false);
  walk([tensor], (each) => {
    const reads = isLeaf(each) || (each !== tensor && stored.has(each)) ? [] : readsOf(each);
    for (const input of reads)
      if (stored.has(input) || isLeaf(input)) found.set(input, readsWhole(each) || (found.get(input) ?? false));
    return reads;
  });
  return found;
}

/** Whether a tensor is loaded from where its input lies in memory, rather than computed from the input's elements. */
const readsWhole = ({ op, inputs: [x], shape }: Tensor): boolean =>
  op.kind === "gather" || (op.kind === "reshape" && !sameButUnits((x as Tensor).shape, shape));
