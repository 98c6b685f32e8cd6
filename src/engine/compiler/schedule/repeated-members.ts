/**
 * Members of a kernel that another member recomputes: a kernel recomputes each element of a member wherever one of its sums reads it. Sums of
 * long expressions would add that much code for each term. Such a kernel is cut before the member that reads them, which then loads what the
 * kernel before it has stored. Groups are final by then, and each element is computed by the same operations in the same order: bits stay.
 */
import type { Tensor } from "../../graph.ts";
import { walk, walkCarrying } from "../../graph-walk.ts";
import { type Access, accesses, type Index, ZERO } from "../affine-index.ts";
import { isLeaf } from "../expression.ts";
import type { TensorMembers } from "../tensor-tables.ts";
import { isReduction, reducedSize } from "./cost-model.ts";
import { createGroup, type Group, isReducing, join } from "./group.ts";
import type { Readings } from "./readings.ts";

/** Most instructions of a member that the terms of a sum may repeat. */
const LARGEST_REPEATED = 256;

/** Returns the groups, and cuts those whose members would repeat others. */
export const cutRepetitions = (groups: readonly Group[], readings: Readings): readonly Group[] =>
  groups.flatMap((group) => (group.product || group.spaces.some(isReducing) ? [group] : cut(group, readings)));

function cut(group: Group, readings: Readings): Group[] {
  const parts: Group[] = [];
  let own = new Set<Tensor>();
  group.members.forEach((member, index) => {
    const isFirst = index === 0;
    const repeats = !isFirst && readings.of(member).needs.some((need) => own.has(need)) && repeatsAny(member, own, readings);
    if (isFirst || repeats) {
      parts.push(createGroup(group.space));
      own = new Set();
    }
    own.add(member);
    join(parts.at(-1) as Group, member, group.spaces[index] as Group["space"], readings.of(member).cost);
  });
  return parts.length === 1 ? [group] : parts;
}

/** Whether a sum in the expression of `member` repeats long code of the tensors in `own`. */
function repeatsAny(member: Tensor, own: ReadonlySet<Tensor>, readings: Readings): boolean {
  const { stored } = readings;
  let repeats = false;
  walk([member], (each) => {
    if (repeats || (each !== member && isStored(each, stored))) return [];
    if (isReduction(each)) {
      const most = LARGEST_REPEATED / reducedSize(each);
      repeats = readOfTerms(each, readings).some((tensor) => own.has(tensor) && costOfElement(tensor, readings) > most);
    }
    return each.inputs;
  });
  return repeats;
}

/** The instructions of an element of a stored tensor. */
function costOfElement(tensor: Tensor, readings: Readings): number {
  const { cost, space } = readings.of(tensor);
  return (cost / space.copies) * reducedSize(tensor);
}

const isStored = (tensor: Tensor, stored: TensorMembers): boolean => isLeaf(tensor) || stored.has(tensor);

/**
 * The stored tensors that each term of a sum reads at another position of their loops. What is unrolled at a position is computed there once,
 * and is not repeated by a sum over it.
 */
function readOfTerms(sum: Tensor, readings: Readings): Tensor[] {
  const { op, inputs } = sum;
  const [x] = inputs as [Tensor];
  const axes = op.kind === "sum" || op.kind === "max" ? op.axes : [];
  const found: Tensor[] = [];
  const term: Index = { constant: 0, terms: [], lane: 1 };
  const position = x.shape.map((_, axis) => (axes.includes(axis) ? term : ZERO));
  walkCarrying<Access>([{ tensor: x, position }], ({ tensor, position: here }) => {
    if (here.every(({ lane }) => lane === 0) || isLeaf(tensor)) return [];
    if (!readings.stored.has(tensor)) return accesses(tensor, here, 1) ?? [];
    const { roles } = readings.of(tensor).space;
    if (here.some(({ lane }, axis) => lane !== 0 && roles[axis]?.kind !== "expand")) found.push(tensor);
    return [];
  });
  return found;
}
