/**
 * Groups stored tensors into kernels: tensors over the same iteration space that do not depend on each other's complete
 * results, and the pointwise epilogue of a matrix product.
 */
import { sameShape, sizeOf, type Tensor } from "../../graph.ts";
import { walk } from "../../graph-walk.ts";
import type { Program } from "../../program.ts";
import { isLeaf, isPointwise } from "../expression.ts";
import { TensorMap, type TensorMembers, TensorSet } from "../tensor-tables.ts";
import type { IterationSpace } from "./iteration-space.ts";
import type { Readings } from "./readings.ts";

/** Most instructions in the body of a merged kernel: limits code size, not run time. */
export const LARGEST_BODY = 6000;

/** A kernel under construction. */
export interface Group {
  readonly space: IterationSpace;
  /** The matrix product whose tiles the other members are computed from. */
  readonly product: Tensor | undefined;
  readonly members: Tensor[];
  /** The iteration spaces of the members. */
  readonly spaces: IterationSpace[];
  cost: number;
}

/** The groups of a program's stored tensors, in execution order. */
export interface Grouping {
  readonly groups: readonly Group[];
  /** The index of the group of a stored tensor. */
  readonly indices: TensorMap<number>;
}

/** Whether a member with this space is complete only after the loops have ended. */
export const isReducing = ({ output }: IterationSpace): boolean => output !== "pointwise";

/** Creates a group without members. */
export const createGroup = (space: IterationSpace, product?: Tensor): Group => ({
  space,
  product,
  members: [],
  spaces: [],
  cost: 0,
});

/** Adds a tensor to a group. */
export function join(group: Group, tensor: Tensor, space: IterationSpace, cost: number): void {
  group.members.push(tensor);
  group.spaces.push(space);
  group.cost += cost;
}

/** Assigns each stored tensor to the first kernel with the same iteration space, and room in its body, that runs after its dependencies. */
export function group(program: Program, tensors: readonly Tensor[], readings: Readings, largestBody: number): Grouping {
  const { stored } = readings;
  const groups: Group[] = [];
  /** The indices of the groups of an iteration space, in order: there are thousands of groups, and few of a space. */
  const sameSpace = new Map<string, number[]>();
  const indices = new TensorMap<number>(tensors.length);
  const reducing = new TensorSet();
  const readersOf = new TensorMap<number>(tensors.length);
  const updated = new Map((program.updates ?? []).map(({ state, next }) => [next, state]));
  const updatesBesides = countUpdates(tensors, readings, updated);
  for (const tensor of tensors) {
    if (!stored.has(tensor)) continue;
    const { space, needs, wholes, cost } = readings.of(tensor);
    let earliest = 0;
    let readsProduct = false;
    for (let index = 0; index < needs.length; index++) {
      const need = needs[index] as Tensor;
      const at = indices.get(need);
      if (at === undefined) continue;
      const before = groups[at] as Group;
      readsProduct ||= before.product !== undefined;
      const complete = wholes[index] || reducing.has(need) || space.alone || before.space.key !== space.key;
      earliest = Math.max(earliest, complete ? at + 1 : at);
    }
    // A state is updated after all reads of its old value, so that the update can be in place.
    const replaced = updated.get(tensor);
    if (replaced) earliest = Math.max(earliest, readersOf.get(replaced) ?? 0);
    let index = space.alone ? -1 : firstFit(groups, sameSpace.get(space.key) ?? [], earliest, largestBody - cost);
    const epilogue = readsProduct ? epilogueOf(tensor, stored, indices, groups) : undefined;
    const fits =
      replaced === undefined || (fitsTiles(tensor, updatesBesides) && (readersOf.get(replaced) ?? 0) <= (epilogue ?? 0));
    if (epilogue !== undefined && fits) index = epilogue;
    if (index < 0) {
      index = groups.push(createGroup(space, tensor.op.kind === "matmul" ? tensor : undefined)) - 1;
      const alike = sameSpace.get(space.key);
      if (alike) alike.push(index);
      else sameSpace.set(space.key, [index]);
    }
    join(groups[index] as Group, tensor, space, cost);
    if (isReducing(space)) reducing.add(tensor);
    indices.set(tensor, index);
    for (const need of needs) if (isLeaf(need)) readersOf.set(need, Math.max(readersOf.get(need) ?? 0, index));
  }
  return { groups, indices };
}

/** Returns the first of `alike`, which is in ascending order, that is at least `earliest` and whose group costs at most `most`; -1 if there is none. */
function firstFit(groups: readonly Group[], alike: readonly number[], earliest: number, most: number): number {
  let [low, high] = [0, alike.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((alike[middle] as number) < earliest) low = middle + 1;
    else high = middle;
  }
  while (low < alike.length && (groups[alike[low] as number] as Group).cost > most) low++;
  return alike[low] ?? -1;
}

/**
 * Whether an update is faster in the tiles of the gradient than as one sweep: if no other tensor is updated from the gradient, and the matrix is
 * small. The roots and divisions of Adam overlap with one another in a sweep, and hardly with the products of a tile; and a tile reads and
 * writes each matrix in short pieces.
 */
const fitsTiles = (tensor: Tensor, updates: TensorMap<number>): boolean =>
  updates.get(tensor) === 1 && sizeOf(tensor.shape) <= 32 * 1024;

/** The number of states that are updated from the same matrix product as each updated tensor, itself included. */
function countUpdates(tensors: readonly Tensor[], readings: Readings, updated: ReadonlyMap<Tensor, Tensor>): TensorMap<number> {
  const products = new TensorMap<Tensor>(tensors.length);
  const counts = new Map<Tensor, number>();
  for (const tensor of tensors) {
    if (!updated.has(tensor) || !readings.stored.has(tensor)) continue;
    for (const need of readings.of(tensor).needs) {
      const product = need.op.kind === "matmul" ? need : products.get(need);
      if (product) products.set(tensor, product);
    }
    const product = products.get(tensor);
    if (product) counts.set(product, (counts.get(product) ?? 0) + 1);
  }
  const updates = new TensorMap<number>(tensors.length);
  for (const tensor of updated.keys()) {
    const product = products.get(tensor);
    if (product) updates.set(tensor, counts.get(product) as number);
  }
  return updates;
}

/**
 * Returns the kernel of the matrix product that a pointwise tensor can be an epilogue of: it reads the product elementwise,
 * and nothing that is complete only after that kernel.
 */
function epilogueOf(
  tensor: Tensor,
  stored: TensorMembers,
  indices: TensorMap<number>,
  groups: readonly Group[],
): number | undefined {
  if (!isPointwise(tensor)) return undefined;
  let found: number | undefined;
  let latest = -1;
  const isLoaded = (each: Tensor): boolean => each !== tensor && (stored.has(each) || isLeaf(each));
  const groupIndexOf = (each: Tensor): number => indices.get(each) ?? -1;
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
