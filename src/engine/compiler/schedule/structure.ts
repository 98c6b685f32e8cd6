/**
 * What a loop kernel computes, as text: kernels of equal text have the same loops and the same code, except for the addresses that they
 * read and write. The equal layers of a network have equal kernels. Knows graphs; knows nothing of addresses.
 */
import type { Tensor } from "../../graph.ts";
import { textOf } from "../../program.ts";
import { isLeaf } from "../expression.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import type { TensorMembers } from "../tensor-tables.ts";
import type { IterationSpace, LoopOrder } from "./iteration-space.ts";
import type { Structure } from "./kernels.ts";

/** Returns the structure of the kernel that computes `members` with loops in this order. Kernels of equal expressions may differ in the order. */
export function structureOf(
  members: readonly { readonly tensor: Tensor; readonly space: IterationSpace }[],
  stored: TensorMembers,
  { loops: ordered, order }: LoopOrder,
): Structure {
  const loaded: Tensor[] = [];
  const numbers = new Map<Tensor, number>();
  const own = new Set(members.map(({ tensor }) => tensor));
  const lines = [`${order.join()} along ${ordered.findIndex(({ vector }) => vector)}`];
  const describe = (tensor: Tensor): string => {
    const uniform = uniformValue(tensor);
    const place = isLeaf(tensor) || (stored.has(tensor) && !own.has(tensor)) ? `@${loaded.push(tensor) - 1}` : "";
    if (uniform !== undefined) return `${place}=${Object.is(uniform, -0) ? "-0" : uniform}`;
    return place === "" ? `${textOf(tensor.op)} ${tensor.inputs.map(visit).join()}` : place;
  };
  const visit = (tensor: Tensor): number => {
    const found = numbers.get(tensor);
    if (found !== undefined) return found;
    const line = `${describe(tensor)} [${tensor.shape.join()}]`;
    const number = numbers.size;
    numbers.set(tensor, number);
    lines.push(line);
    return number;
  };
  for (const { tensor, space } of members) {
    const { output, kind, value, iteration, loops, roles } = space;
    const axes = roles.map((role) => (role.kind === "loop" ? role.loop : role.kind === "expand" ? `x${role.size}` : "-"));
    const sizes = loops.map(({ size, reduced }) => `${size}${reduced ? "r" : ""}`);
    lines.push(`${kind} ${sizes.join()} ${output} ${visit(tensor)} ${visit(value)} [${iteration.join()}] ${axes.join()}`);
  }
  return { text: lines.join("\n"), loaded };
}
