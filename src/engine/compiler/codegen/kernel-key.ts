/**
 * What the code of a loop kernel depends on, as text: kernels of equal text have the same code, but for the addresses of what they read
 * and write. Knows kernels and buffers; knows nothing of instructions.
 */
import type { Operation, Tensor } from "../../graph.ts";
import type { Buffer, ProgramPlan } from "../memory-plan.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import type { LoopKernel } from "../schedule/kernels.ts";

export interface KernelKey {
  readonly text: string;
  /** The addresses that the kernel reads and writes, in the order in which the text names them. */
  readonly addresses: readonly number[];
  /** The numbers of the addresses. */
  readonly numbers: ReadonlyMap<number, number>;
}

/** Returns the key of a kernel. */
export function keyOf({ loops, cost, outputs }: LoopKernel, plan: ProgramPlan): KernelKey {
  const numbers = new Map<number, number>();
  const known = new Map<Tensor, number>();
  const own = new Set(outputs.map(({ tensor }) => tensor));
  const lines = [loops.map(({ size, vector, reduced }) => `${size}${vector ? "v" : ""}${reduced ? "r" : ""}`).join(), `${cost}`];
  const nameOf = ({ address, stepBytes }: Buffer): string => {
    let number = numbers.get(address);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(address, number);
    }
    return `@${number}+${stepBytes}`;
  };
  const describe = (tensor: Tensor): string => {
    const uniform = uniformValue(tensor);
    const buffer = own.has(tensor) && tensor.inputs.length > 0 ? undefined : plan.buffers.get(tensor);
    if (uniform !== undefined) return `=${Object.is(uniform, -0) ? "-0" : uniform} ${buffer ? nameOf(buffer) : ""}`;
    return buffer ? nameOf(buffer) : `${attributes(tensor.op)} ${tensor.inputs.map(visit)}`;
  };
  const visit = (tensor: Tensor): number => {
    const found = known.get(tensor);
    if (found !== undefined) return found;
    const line = `${describe(tensor)} [${tensor.shape}]`;
    const number = known.size;
    known.set(tensor, number);
    lines.push(line);
    return number;
  };
  for (const { tensor, kind, value, iteration, roles } of outputs) {
    const targets = (plan.targets.get(tensor) ?? []).map(nameOf);
    const axes = roles.map((role) => (role.kind === "loop" ? role.loop : role.kind === "expand" ? `x${role.size}` : "-"));
    lines.push(`${kind} ${visit(tensor)} ${visit(value)} [${iteration}] ${axes} to ${targets}`);
  }
  return { text: lines.join("\n"), addresses: [...numbers.keys()], numbers };
}

const attributes = (op: Operation): string =>
  op.kind === "unary" || op.kind === "binary" ? op.fn : "axes" in op || "ranges" in op ? JSON.stringify(op) : op.kind;
