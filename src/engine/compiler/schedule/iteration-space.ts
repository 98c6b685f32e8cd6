/**
 * The iteration space of a stored tensor: which axes become loops, which are unrolled, which are merged, and which loop is
 * vectorised. Knows shapes and access patterns.
 */
import { type Shape, sizeOf, type Tensor } from "../../graph.ts";
import { walk, walkCarrying } from "../../graph-walk.ts";
import { type Access, accesses, type Index, linear, ZERO } from "../affine-index.ts";
import { LARGEST_INLINE_SUM } from "../rewrite/lower.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import type { TensorMembers } from "../tensor-tables.ts";
import { LANES } from "../vector.ts";
import type { AxisRole, KernelOutput, Loop } from "./kernels.ts";

/** The iteration space of a tensor. Tensors with the same key can share a kernel. */
export interface IterationSpace {
  readonly key: string;
  /** `line`: one vectorised loop, with all other axes unrolled. `grid`: a loop nest. */
  readonly kind: "line" | "grid";
  readonly output: KernelOutput["kind"];
  readonly value: Tensor;
  readonly iteration: Shape;
  /** The sizes of the loops, and whether a reduction runs over them. */
  readonly loops: readonly { readonly size: number; readonly reduced: boolean }[];
  readonly roles: readonly AxisRole[];
  /** The number of unrolled copies of the expression in the body. */
  readonly copies: number;
  /** Whether the tensor needs a kernel of its own. */
  readonly alone: boolean;
}

/** Most elements that are unrolled per element of the line. */
const LARGEST_WIDTH = 16;

/** Chooses the iteration space of a tensor, given the set of stored tensors. */
export function iterationSpaceOf(tensor: Tensor, stored: TensorMembers): IterationSpace {
  const { op, inputs } = tensor;
  const [x] = inputs as [Tensor];
  switch (op.kind) {
    case "sum":
    case "max":
      // A short sum is unrolled where its value is needed.
      return sizeOf(x.shape) > LARGEST_INLINE_SUM * sizeOf(tensor.shape)
        ? chooseSpace("reduce", x, op.axes, loadedFrom(stored))
        : pointwise(tensor, stored);
    case "matmul":
      return { ...loopsOver(tensor), key: `product ${tensor.id}`, alone: true };
    case "pad":
      return grid("pad", x, [], new Set(x.shape.keys()));
    case "scatter_add":
      return grid("scatter", x, [], new Set(x.shape.keys()));
    default:
      return pointwise(tensor, stored);
  }
}

/** One loop for each axis of a tensor that is computed element by element, which is the least code. */
export const loopsOver = (tensor: Tensor): IterationSpace => grid("pointwise", tensor, [], new Set(tensor.shape.keys()));

function pointwise(tensor: Tensor, stored: TensorMembers): IterationSpace {
  const loaded = loadedFrom(stored);
  return chooseSpace("pointwise", tensor, [], (other) => other !== tensor && loaded(other));
}

/** Returns a function that tells whether a tensor is in memory when a kernel reads it. */
function loadedFrom(stored: TensorMembers) {
  return (tensor: Tensor): boolean => stored.has(tensor) || tensor.inputs.length === 0;
}

function chooseSpace(
  output: KernelOutput["kind"],
  value: Tensor,
  reduced: readonly number[],
  load: (tensor: Tensor) => boolean,
): IterationSpace {
  const { shape } = value;
  const breaks = output === "pointwise" || reduced.length > 0 ? breaksOf(value, reduced, load) : new Set<number>();
  const longAxes = shape.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const merged = groupAxes(shape, breaks);
  if (merged.length <= 1) return line(output, value, reduced, merged[0] ?? [], sizeOf(shape), "merged");
  const longest = longAxes.reduce((best, axis) => ((shape[axis] as number) > (shape[best] as number) ? axis : best));
  const size = shape[longest] as number;
  const width = sizeOf(shape) / size;
  // A reduction must reduce the line itself; its other axes are unrolled.
  const suits =
    width <= LARGEST_WIDTH && size >= 8 && (reduced.length === 0 || reduced.includes(longest)) && !copiesRows(value, longest);
  return suits ? line(output, value, reduced, [longest], size, "expanded") : grid(output, value, reduced, breaks);
}

/** Whether a line along an axis would take rows apart that can be copied a vector at a time. */
const copiesRows = ({ op, inputs: [, indices], shape }: Tensor, axis: number): boolean =>
  op.kind === "gather" &&
  axis < (indices as Tensor).shape.length &&
  sizeOf(shape.slice((indices as Tensor).shape.length)) >= LANES;

/** Groups axes into maximal runs without a break between them. Axes of size 1 are in no group. */
function groupAxes(shape: Shape, breaks: ReadonlySet<number>): number[][] {
  const groups: number[][] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = groups.at(-1);
    const previous = last?.at(-1) as number;
    const apart =
      last && Array.from({ length: axis - previous }, (_, step) => previous + 1 + step).some((at) => breaks.has(at));
    if (last && !apart) last.push(axis);
    else groups.push([axis]);
  });
  return groups;
}

function line(
  output: KernelOutput["kind"],
  value: Tensor,
  reduced: readonly number[],
  axes: readonly number[],
  size: number,
  others: "merged" | "expanded",
): IterationSpace {
  const roles = value.shape.map((length, axis): AxisRole => {
    if (axis === axes.at(-1)) return { kind: "loop", loop: 0 };
    return others === "expanded" && length > 1 ? { kind: "expand", size: length } : { kind: "zero" };
  });
  return {
    key: `line ${size}`,
    kind: "line",
    output,
    value,
    iteration: value.shape,
    loops: size === 1 ? [] : [{ size, reduced: reduced.some((axis) => axes.includes(axis)) }],
    roles,
    copies: sizeOf(value.shape) / size,
    alone: false,
  };
}

function grid(
  output: KernelOutput["kind"],
  value: Tensor,
  reduced: readonly number[],
  breaks: ReadonlySet<number>,
): IterationSpace {
  const groups = groupAxes(value.shape, breaks);
  const roles: AxisRole[] = value.shape.map(() => ({ kind: "zero" }));
  groups.forEach((axes, loop) => {
    roles[axes.at(-1) as number] = { kind: "loop", loop };
  });
  const loops = groups.map((axes) => ({
    size: sizeOf(axes.map((axis) => value.shape[axis] as number)),
    reduced: reduced.includes(axes[0] as number),
  }));
  const alone = output === "pad" || output === "scatter";
  return {
    key: `grid ${loops.map((each) => each.size)} ${reduced.length > 0 ? loops.map((each) => Number(each.reduced)) : ""}`,
    kind: "grid",
    output,
    value,
    iteration: value.shape,
    loops,
    roles,
    copies: 1,
    alone,
  };
}

/** Returns the axes that cannot be merged with the axis to their left, because the expression treats the two differently. */
function breaksOf(value: Tensor, reduced: readonly number[], load: (tensor: Tensor) => boolean): Set<number> {
  const { shape } = value;
  const rank = shape.length;
  const breaks = new Set<number>();
  const everywhere = () => {
    for (const axis of shape.keys()) breaks.add(axis);
  };
  const long = shape.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const between = (differs: (axis: number) => boolean) =>
    long.forEach((axis, index) => {
      if (index > 0 && differs(axis) !== differs(long[index - 1] as number)) breaks.add(axis);
    });
  between((axis) => reduced.includes(axis));
  walk([value], (tensor) => {
    if (load(tensor)) return [];
    const [x] = tensor.inputs as [Tensor];
    switch (tensor.op.kind) {
      case "unary":
      case "binary":
      case "where":
        return tensor.inputs;
      case "broadcast":
        if (sizeOf(x.shape) === 1 || uniformValue(x) !== undefined) return [];
        if (!load(x)) everywhere();
        between((axis) => (x.shape[axis - rank + x.shape.length] ?? 1) === 1);
        return [];
      case "reshape":
        if (!load(x)) everywhere();
        return [];
      case "uniform":
        return [];
      case "gather":
        breaks.add((tensor.inputs[1] as Tensor).shape.length);
        return [];
      default:
        everywhere();
        return [];
    }
  });
  return breaks;
}

// ---------------------------------------------------------------- loops

/** The loops of a kernel in their order, and the number of each in the iteration spaces of its members. */
export interface LoopOrder {
  readonly loops: readonly Loop[];
  readonly order: readonly number[];
}

/** Chooses the vector loop and the loop order of one kernel for tensors that share an iteration space. `known`: what earlier kernels found. */
export function chooseOrder(
  members: readonly { readonly tensor: Tensor; readonly space: IterationSpace }[],
  known: KnownStrides = new Map(),
): LoopOrder {
  const { loops: sizes, kind } = (members[0] as { space: IterationSpace }).space;
  const loops = sizes.map(({ size }, loop) => ({
    size,
    reduced: members.some(({ space }) => space.output === "reduce" && (space.loops[loop]?.reduced ?? false)),
  }));
  const strides = strideTable(members, known);
  const vector = kind === "line" ? loops.length - 1 : chooseVector(members, loops, strides);
  const order = orderLoops(loops, vector, strides);
  return {
    order,
    loops: order.map((loop): Loop => ({ ...(loops[loop] as { size: number; reduced: boolean }), vector: loop === vector })),
  };
}

/** An output of a kernel with these loops. */
export function outputOf({ tensor, space }: { tensor: Tensor; space: IterationSpace }, { order }: LoopOrder): KernelOutput {
  return {
    tensor,
    kind: space.output,
    value: space.value,
    iteration: space.iteration,
    roles: space.roles.map((role) => (role.kind === "loop" ? { kind: "loop", loop: order.indexOf(role.loop) } : role)),
  };
}

const GATHERED_LOAD = 8;

/** Returns the loop along which vector loads are cheapest (contiguous, or one value for all lanes); -1 for none. */
function chooseVector(
  members: readonly { readonly tensor: Tensor; readonly space: IterationSpace }[],
  loops: readonly { readonly size: number; readonly reduced: boolean }[],
  stridesOf: (loop: number) => readonly number[],
): number {
  let best = -1;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let loop = loops.length - 1; loop >= 0; loop--) {
    const { size } = loops[loop] as { size: number };
    if (members.some((member) => visitsRows(member, loop))) continue;
    const waste = (Math.ceil(size / LANES) * LANES) / size;
    const cost = waste * stridesOf(loop).reduce((sum, stride) => sum + (stride === 0 || stride === 1 ? 1 : GATHERED_LOAD), 1);
    if (cost < bestCost) [best, bestCost] = [loop, cost];
  }
  return best;
}

/** Whether a loop runs over the index axes of a scatter. These are visited in order; only the axes of a row are vectorised. */
function visitsRows({ tensor, space }: { readonly tensor: Tensor; readonly space: IterationSpace }, loop: number): boolean {
  const lead = space.output === "scatter" ? (tensor.inputs[1] as Tensor).shape.length : 0;
  return space.roles.findIndex((role) => role.kind === "loop" && role.loop === loop) < lead;
}

/** Most operands of an operation; of the elements that a reduction reads, as many stand for all. */
const MAX_OPERANDS = 3;

/** The strides of the loads that elements of tensors finally depend on, by tensor and by the strides of its axes: each walk starts from one. */
export type KnownStrides = Map<Tensor, Map<string, ReadonlyMap<Tensor, number>>>;

/**
 * The stride, in elements, of each tensor that the elements at `position` are computed from in the end. A walk does not go again where an
 * earlier one started: whatever that found is found in the same order, and what was found before stays, as with walks that go on.
 */
function stridesFrom(start: Access, known: KnownStrides): ReadonlyMap<Tensor, number> {
  const knownOf = ({ tensor, position }: Access) => known.get(tensor)?.get(lanesOf(position));
  const found = new Map<Tensor, number>();
  const find = (tensor: Tensor, stride: number): void => {
    if (!found.has(tensor)) found.set(tensor, stride);
  };
  walkCarrying<Access>([start], (access) => {
    const { tensor, position } = access;
    const before = knownOf(access);
    if (before) {
      for (const [each, stride] of before) find(each, stride);
      return [];
    }
    const sources = tensor.inputs.length > 0 ? accesses(tensor, position, MAX_OPERANDS) : undefined;
    const isNumber = tensor.inputs.length === 0 && uniformValue(tensor) !== undefined;
    if (!sources && !isNumber) find(tensor, linear(tensor.shape, position).lane);
    return sources ?? [];
  });
  const ofTensor = known.get(start.tensor);
  if (ofTensor) ofTensor.set(lanesOf(start.position), found);
  else known.set(start.tensor, new Map([[lanesOf(start.position), found]]));
  return found;
}

const lanesOf = (position: readonly Index[]): string => position.map(({ lane }) => lane).join();

/** The strides, in elements, of all loads and stores of a member along one loop. */
function stridesAlong(
  { tensor, space }: { readonly tensor: Tensor; readonly space: IterationSpace },
  loop: number,
  known: KnownStrides,
): number[] {
  const position = space.roles.map((role): Index => {
    return role.kind === "loop" && role.loop === loop ? { constant: 0, terms: [], lane: 1 } : ZERO;
  });
  const strides = [...stridesFrom({ tensor: space.value, position }, known).values()];
  if (space.output === "pointwise") strides.push(linear(tensor.shape, position).lane);
  return strides;
}

/** The strides of all members along each loop, found once: the walk is as long as everything that they are computed from. */
function strideTable(
  members: readonly { readonly tensor: Tensor; readonly space: IterationSpace }[],
  known: KnownStrides,
): (loop: number) => readonly number[] {
  const found = new Map<number, readonly number[]>();
  return (loop) => {
    const strides = found.get(loop) ?? members.flatMap((member) => stridesAlong(member, loop, known));
    found.set(loop, strides);
    return strides;
  };
}

function orderLoops(
  loops: readonly { readonly size: number; readonly reduced: boolean }[],
  vector: number,
  stridesOf: (loop: number) => readonly number[],
): number[] {
  const all = loops.map((_, loop) => loop);
  const kept = all.filter((loop) => !loops[loop]?.reduced && loop !== vector);
  const reduced = all.filter((loop) => loops[loop]?.reduced && loop !== vector);
  if (vector < 0) return [...kept, ...reduced];
  if (loops[vector]?.reduced) return [...kept, ...reduced, vector];
  // A line's order is that of its one loop.
  const gathers = loops.length > 1 && stridesOf(vector).some((stride) => stride > 1);
  return gathers && reduced.length === 0 ? [vector, ...kept] : [...kept, vector, ...reduced];
}
