/** Properties of a kernel's outputs: reduced axes, unrolled elements, and the positions of results. */
import { at, type Index, plus } from "./affine-index.ts";
import type { AxisRole, KernelOutput } from "./schedule/kernels.ts";

/** Whether an output is a reduction, which is complete only when its loops have ended. */
export const isReduce = ({ kind }: KernelOutput): boolean => kind === "reduce";

/** The axes of the iteration space that an output reduces. */
export const reducedAxes = ({ tensor: { op } }: KernelOutput): readonly number[] =>
  op.kind === "sum" || op.kind === "max" ? op.axes : [];

/** Returns the position in the output of a point of the iteration space. */
export function outputPosition({ tensor: { op } }: KernelOutput, position: readonly Index[]): Index[] {
  if (op.kind !== "pad") return [...position];
  return position.map((index, axis) => plus(at(op.ranges[axis]?.low ?? 0), index, 1 + (op.ranges[axis]?.interior ?? 0)));
}

/** Enumerates the elements of the unrolled axes that `included` accepts; other axes stay at 0. */
export function elements(roles: readonly AxisRole[], included: (axis: number) => boolean): number[][] {
  return roles.reduce<number[][]>(
    (combinations, role, axis) => {
      const size = role.kind === "expand" && included(axis) ? role.size : 1;
      return combinations.flatMap((element) => Array.from({ length: size }, (_, index) => [...element, index]));
    },
    [[]],
  );
}
