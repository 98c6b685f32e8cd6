/**
 * Sums within sums: a short sum is unrolled where its value is needed, so that a sum of 13 sums of 16 is 208 terms of code, each
 * time that it is computed. The inner sums of such kernels are stored by kernels of their own, which run just before. Groups are
 * final by then, and each element is computed by the same operations in the same order: bits stay.
 */
import type { Tensor } from "../../graph.ts";
import { walk } from "../../graph-walk.ts";
import { isLeaf } from "../expression.ts";
import { readsOf } from "../matmul/product.ts";
import type { TensorMembers } from "../tensor-tables.ts";
import { costWithin, isReduction, reducedSize } from "./cost-model.ts";
import { createGroup, type Group, isReducing, join } from "./group.ts";
import { loopsOver } from "./iteration-space.ts";
import type { Readings } from "./readings.ts";

/** Most terms that a sum of sums unrolls. */
const MAX_TERMS = 64;

/** Most instructions in the body of a kernel of inner sums. */
const LARGEST_BODY = 1024;

/** Returns the groups with kernels of inner sums inserted before those that need them, and stores these sums. */
export function storeNestedSums(groups: readonly Group[], tensors: readonly Tensor[], readings: Readings): readonly Group[] {
  const nested = nestedSums(tensors, readings.stored);
  if (nested.size === 0) return groups;
  const users = usersOf(nested, groups, readings.stored);
  const own = new Map<Group, Tensor[]>();
  for (const [sum, group] of users) if (group && canPrecede(sum, group, readings.stored)) push(own, group, sum);
  readings.store([...own.values()].flat());
  return groups.flatMap((group) => [...kernelsOf(own.get(group) ?? [], readings), group]);
}

/** The inline reductions that a short reduction repeats for each of its terms, more than `MAX_TERMS` in all. */
function nestedSums(tensors: readonly Tensor[], stored: TensorMembers): Set<Tensor> {
  const isInline = (tensor: Tensor): boolean => !isLeaf(tensor) && !stored.has(tensor);
  const found = new Set<Tensor>();
  for (const outer of tensors) {
    if (!isReduction(outer) || !isInline(outer.inputs[0] as Tensor)) continue;
    walk(outer.inputs, (each) => {
      // What is broadcast may be the same for all terms.
      if (!isInline(each) || each.op.kind === "broadcast") return [];
      if (!isReduction(each)) return each.inputs;
      if (reducedSize(outer) * reducedSize(each) > MAX_TERMS) found.add(each);
      return [];
    });
  }
  return found;
}

/** The one group that computes each of the sums; undefined if several do, or if the kernel of the group reduces. */
function usersOf(
  sums: ReadonlySet<Tensor>,
  groups: readonly Group[],
  stored: TensorMembers,
): ReadonlyMap<Tensor, Group | undefined> {
  const users = new Map<Tensor, Group | undefined>();
  for (const group of groups) {
    // The body of a reduction decides how many partial sums it has.
    const reduces = group.product !== undefined || group.spaces.some(isReducing);
    const members = new Set(group.members);
    walk(group.members, (each) => {
      if (isLeaf(each) || (stored.has(each) && !members.has(each))) return [];
      if (sums.has(each)) users.set(each, users.has(each) || reduces ? undefined : group);
      return readsOf(each);
    });
  }
  return users;
}

/** Whether a sum reads nothing that its group computes. */
function canPrecede(sum: Tensor, { members }: Group, stored: TensorMembers): boolean {
  const visited = walk([sum], (each) => (isLeaf(each) || stored.has(each) ? [] : readsOf(each)));
  const own = new Set(members);
  return !visited.some((each) => own.has(each));
}

/** Kernels for sums that do not depend on one another's complete results. */
function kernelsOf(sums: readonly Tensor[], readings: Readings): Group[] {
  const groups: Group[] = [];
  for (const sum of [...sums].sort((a, b) => a.id - b.id)) {
    const { needs } = readings.of(sum);
    const space = loopsOver(sum);
    const cost = costWithin(sum, readings.stored) * reducedSize(sum);
    const last = groups.at(-1);
    const joins =
      last?.space.key === space.key && last.cost + cost <= LARGEST_BODY && !needs.some((need) => last.members.includes(need));
    const group = joins ? last : createGroup(space);
    if (!joins) groups.push(group);
    join(group, sum, space, cost);
  }
  return groups;
}

function push(lists: Map<Group, Tensor[]>, group: Group, tensor: Tensor): void {
  const list = lists.get(group);
  if (list) list.push(tensor);
  else lists.set(group, [tensor]);
}
