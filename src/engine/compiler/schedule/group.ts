/**
 * Groups stored tensors into kernels: tensors over the same iteration space that do not depend on each other's complete
 * results, and the pointwise epilogue of a matrix product.
 */
import { sameShape, sizeOf, type Tensor } from "../../graph.ts";
import { walk } from "../../graph-walk.ts";
import type { Program } from "../../program.ts";
import { sameButUnits } from "../affine-index.ts";
import { isLeaf, isPointwise } from "../expression.ts";
import { readsOf } from "../matmul/product.ts";
import { costWithin } from "./cost-model.ts";
import { type IterationSpace, iterationSpaceOf } from "./iteration-space.ts";

/** Most instructions in the body of a merged kernel: limits code size, not run time. */
const LARGEST_BODY = 6000;

/** A kernel under construction. */
export interface Group {
  readonly space: IterationSpace;
  /** The matrix product whose tiles the other members are computed from. */
  readonly product: Tensor | undefined;
  readonly members: Set<Tensor>;
  readonly spaces: Map<Tensor, IterationSpace>;
  /** Whether a member is complete only after the loops have ended. */
  hasReduction: Map<Tensor, boolean>;
  cost: number;
}

/** Assigns each stored tensor to the first kernel with the same iteration space that runs after its dependencies. */
export function group(program: Program, tensors: readonly Tensor[], stored: ReadonlySet<Tensor>): Group[] {
  const groups: Group[] = [];
  const groupIndices = new Map<Tensor, number>();
  const readersOf = new Map<Tensor, number>();
  const updated = new Map((program.updates ?? []).map(({ state, next }) => [next, state]));
  for (const tensor of tensors) {
    if (!stored.has(tensor)) continue;
    const space = iterationSpaceOf(tensor, stored);
    const needs = dependencies(tensor, stored);
    let earliest = 0;
    for (const [need, whole] of needs) {
      const at = groupIndices.get(need);
      if (at === undefined) continue;
      const complete = whole || groups[at]?.hasReduction.get(need) || space.alone || groups[at]?.space.key !== space.key;
      earliest = Math.max(earliest, complete ? at + 1 : at);
    }
    // A state is updated after all reads of its old value, so that the update can be in place.
    const replaced = updated.get(tensor);
    if (replaced) earliest = Math.max(earliest, readersOf.get(replaced) ?? 0);
    const cost = space.copies * (costWithin(tensor, stored) + 2);
    let index = groups.findIndex(
      (candidate, at) =>
        at >= earliest && !space.alone && candidate.space.key === space.key && candidate.cost + cost <= LARGEST_BODY,
    );
    const epilogue = epilogueOf(tensor, stored, groupIndices, groups);
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
    groupIndices.set(tensor, index);
    for (const need of needs.keys()) if (isLeaf(need)) readersOf.set(need, Math.max(readersOf.get(need) ?? 0, index));
  }
  return groups;
}

/** Updates of large matrices are faster as one sweep than tile by tile, because they read and write several matrices. */
const fitsTiles = (tensor: Tensor): boolean => sizeOf(tensor.shape) <= 32 * 1024;

/**
 * Returns the kernel of the matrix product that a pointwise tensor can be an epilogue of: it reads the product elementwise,
 * and nothing that is complete only after that kernel.
 */
function epilogueOf(
  tensor: Tensor,
  stored: ReadonlySet<Tensor>,
  groupIndices: ReadonlyMap<Tensor, number>,
  groups: readonly Group[],
): number | undefined {
  if (!isPointwise(tensor)) return undefined;
  let found: number | undefined;
  let latest = -1;
  const isLoaded = (each: Tensor): boolean => each !== tensor && (stored.has(each) || isLeaf(each));
  const groupIndexOf = (each: Tensor): number => groupIndices.get(each) ?? -1;
  const elsewhere: Tensor[] = [];
  walk([tensor], (each) => {
    if (isLoaded(each)) {
      const at = groupIndexOf(each);
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
    latest = Math.max(latest, groupIndexOf(each));
    return [];
  });
  return found !== undefined && latest < found ? found : undefined;
}

/** The stored tensors and leaves that the expression of `tensor` reads, and whether each must be completely in memory. */
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

/** Whether a tensor is loaded from its input's memory, rather than computed from the input's elements. */
const readsWhole = ({ op, inputs: [x], shape }: Tensor): boolean =>
  op.kind === "gather" || (op.kind === "reshape" && !sameButUnits((x as Tensor).shape, shape));
