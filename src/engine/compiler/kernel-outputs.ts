/** Properties of a kernel's outputs: reduced axes, written-out elements, and the places where results go. */
import { at, type Index, plus } from "./affine-index.ts";
import type { AxisRole, KernelOutput } from "./schedule/kernels.ts";

/** Complete only when the loops it runs over have ended. */
export const isReduce = ({ kind }: KernelOutput): boolean => kind === "reduce";

/** Axes of the iteration space that are summed up. */
export const reducedAxes = ({ tensor: { op } }: KernelOutput): readonly number[] =>
  op.kind === "sum" || op.kind === "max" ? op.axes : [];

/** Where a point of the iteration space goes in the result. */
export function placeOf({ tensor: { op } }: KernelOutput, position: readonly Index[]): Index[] {
  if (op.kind !== "pad") return [...position];
  return position.map((index, axis) => plus(at(op.ranges[axis]?.low ?? 0), index, 1 + (op.ranges[axis]?.interior ?? 0)));
}

/** The elements of the written-out axes that `included` names; other axes are at 0. */
export function elements(roles: readonly AxisRole[], included: (axis: number) => boolean): number[][] {
  return roles.reduce<number[][]>(
    (sofar, role, axis) => {
      const size = role.kind === "expand" && included(axis) ? role.size : 1;
      return sofar.flatMap((element) => Array.from({ length: size }, (_, index) => [...element, index]));
    },
    [[]],
  );
}
