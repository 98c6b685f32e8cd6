/**
 * Groups stored tensors into kernels: tensors over the same iteration space that do not depend on each other's complete
 * results, and the pointwise epilogue of a matrix product.
 */
import { sameShape, sizeOf, type Tensor } from "../../graph.ts";
import { walk } from "../../graph-walk.ts";
import type { Program } from "../../program.ts";
import { isLeaf, isPointwise } from "../expression.ts";
import type { IterationSpace } from "./iteration-space.ts";
import type { Readings } from "./readings.ts";

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
export function group(program: Program, tensors: readonly Tensor[], readings: Readings): Group[] {
  const { stored } = readings;
  const groups: Group[] = [];
  /** The indices of the groups of an iteration space, in order: there are thousands of groups, and few of a space. */
  const sameSpace = new Map<string, number[]>();
  const groupIndices = new Map<Tensor, number>();
  const readersOf = new Map<Tensor, number>();
  const updated = new Map((program.updates ?? []).map(({ state, next }) => [next, state]));
  for (const tensor of tensors) {
    if (!stored.has(tensor)) continue;
    const { space, needs, cost } = readings.of(tensor);
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
    const alike = sameSpace.get(space.key) ?? [];
    let index = space.alone
      ? -1
      : (alike.find((at) => at >= earliest && (groups[at] as Group).cost + cost <= LARGEST_BODY) ?? -1);
    const readsProduct = [...needs.keys()].some((need) => groups[groupIndices.get(need) ?? -1]?.product !== undefined);
    const epilogue = readsProduct ? epilogueOf(tensor, stored, groupIndices, groups) : undefined;
    const fits = replaced === undefined || (fitsTiles(tensor) && (readersOf.get(replaced) ?? 0) <= (epilogue ?? 0));
    if (epilogue !== undefined && fits) index = epilogue;
    if (index < 0) {
      const product = tensor.op.kind === "matmul" ? tensor : undefined;
      index = groups.push({ space, product, members: new Set(), spaces: new Map(), hasReduction: new Map(), cost: 0 }) - 1;
      sameSpace.set(space.key, [...alike, index]);
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
