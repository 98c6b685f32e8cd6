/**
 * Decides what is computed together. Each tensor is either stored by a kernel or, inline, recomputed as part of the
 * expressions that read it; kernels over the same iteration space are merged. Knows costs and shapes; knows nothing of
 * addresses or instructions.
 */
import { sameShape, sizeOf, type Tensor } from "../graph.ts";
import { type Program, reachable, rootsOf } from "../program.ts";
import { sameButUnits } from "./index.ts";
import type { Kernel } from "./kernels.ts";
import { LARGEST_INLINE_SUM } from "./lower.ts";
import { COST } from "./math.ts";
import { buildMatmul, operandViews, readsOf } from "./product.ts";
import { uniformValue } from "./simplify.ts";
import { buildLoops, type Space, spaceOf } from "./space.ts";

export interface Fused {
  /** In the order in which they run. */
  readonly kernels: readonly Kernel[];
  /** Every tensor that some kernel stores. */
  readonly stored: ReadonlySet<Tensor>;
}

/** Work on one element above which a second kernel loads the result instead of computing it again. */
const CHEAP = 8;
/** Instructions in the expression of an inline reduction. */
const LARGEST_INLINE_WORK = 256;
/** Instructions in the body of a merged kernel: bounds the code, not the speed. */
const LARGEST_BODY = 6000;

/** The kernels of a simplified and lowered program. */
export function fuse(program: Program): Fused {
  const tensors = reachable(rootsOf(program));
  const stored = mustBeStored(program, tensors);
  // Storing a tensor changes which kernels exist, which changes what is worth storing: a few rounds settle it.
  for (let round = 0; round < 4; round++) {
    const groups = group(program, tensors, stored);
    const repeated = worthStoring(tensors, stored, groups);
    if (repeated.length === 0) break;
    for (const tensor of repeated) stored.add(tensor);
  }
  return { kernels: group(program, tensors, stored).map((each) => toKernel(each, stored)), stored };
}

export const isLeaf = ({ op }: Tensor): boolean => op.kind === "input" || op.kind === "state" || op.kind === "constant";

const isReduction = ({ op }: Tensor): boolean => op.kind === "sum" || op.kind === "max";

// ---------------------------------------------------------------- what is stored

function mustBeStored(program: Program, tensors: readonly Tensor[]): Set<Tensor> {
  const stored = new Set<Tensor>();
  const demand = (tensor: Tensor) => {
    if (!isLeaf(tensor)) stored.add(tensor);
  };
  for (const tensor of Object.values(program.outputs)) stored.add(tensor);
  for (const { state, next } of program.updates ?? []) if (state !== next) stored.add(next);
  const work = new Map<Tensor, number>();
  for (const tensor of tensors) {
    const { op, inputs } = tensor;
    const [x] = inputs as [Tensor];
    if (op.kind === "pad" || op.kind === "scatter_add") demand(tensor);
    if (op.kind === "matmul") {
      demand(tensor);
      for (const view of operandViews(tensor)) demand(view.tensor);
    }
    if (op.kind === "gather") inputs.forEach(demand);
    if (op.kind === "scatter_add") demand(inputs[1] as Tensor);
    if (op.kind === "uniform") inputs.forEach(demand);
    if (op.kind === "reshape" && !sameButUnits(x.shape, tensor.shape) && uniformValue(x) === undefined) demand(x);
    const cost = workOf(tensor, (input) => (stored.has(input) ? 1 : (work.get(input) ?? 1)));
    if (isReduction(tensor) && (reducedSize(tensor) > LARGEST_INLINE_SUM || cost > LARGEST_INLINE_WORK)) demand(tensor);
    work.set(tensor, cost);
  }
  return stored;
}

const reducedSize = ({ op, inputs: [x] }: Tensor): number =>
  op.kind === "sum" || op.kind === "max" ? sizeOf(op.axes.map((axis) => (x as Tensor).shape[axis] as number)) : 1;

/** Instructions for one vector of a tensor's elements, given those for its inputs. */
function workOf(tensor: Tensor, inner: (input: Tensor) => number): number {
  const { op, inputs } = tensor;
  const sum = inputs.reduce((total, input) => total + inner(input), 0);
  switch (op.kind) {
    case "unary":
    case "binary":
      return COST[op.fn] + sum;
    case "where":
      return 1 + sum;
    case "sum":
    case "max":
      return reducedSize(tensor) * (sum + 1);
    case "uniform":
      return 120;
    case "gather":
      return 4;
    case "input":
    case "state":
    case "constant":
      return 1;
    default:
      return sum;
  }
}

/**
 * Inline tensors that are better stored: expensive ones that several kernels would compute, or that a grid of loops would
 * compute again for every element they are broadcast to.
 */
function worthStoring(tensors: readonly Tensor[], stored: ReadonlySet<Tensor>, groups: readonly Group[]): Tensor[] {
  const users = new Map<Tensor, Set<Group>>();
  const repeated = new Set<Tensor>();
  for (const each of groups) {
    const seen = new Set<Tensor>();
    const visit = (tensor: Tensor, through: boolean): void => {
      if (isLeaf(tensor) || (stored.has(tensor) && !each.members.has(tensor))) return;
      const computes = COMPUTING.has(tensor.op.kind);
      if (through && computes && each.space.kind === "grid") repeated.add(tensor);
      if (seen.has(tensor)) return;
      seen.add(tensor);
      users.set(tensor, (users.get(tensor) ?? new Set()).add(each));
      const expands = tensor.op.kind === "broadcast" && uniformValue(tensor) === undefined;
      // What is below the first computed tensor is computed once, with it.
      for (const input of readsOf(tensor)) visit(input, expands || (through && !computes));
    };
    for (const tensor of each.members) visit(tensor, false);
  }
  const consumers = new Map<Tensor, Tensor[]>();
  for (const tensor of tensors) {
    for (const input of tensor.inputs) consumers.set(input, [...(consumers.get(input) ?? []), tensor]);
  }
  const chosen: Tensor[] = [];
  const work = new Map<Tensor, number>();
  for (const tensor of tensors) {
    const cost = workOf(tensor, (input) => (stored.has(input) ? 1 : (work.get(input) ?? 1)));
    const own = users.get(tensor);
    // Where everybody goes on to the same next tensor, that one is the better choice.
    const passedOn = consumers.get(tensor)?.some((next) => !stored.has(next) && sameSet(users.get(next), own)) ?? false;
    const shared = (own?.size ?? 0) > 1 && !passedOn;
    const inline = !isLeaf(tensor) && !stored.has(tensor);
    // Moves are free to repeat: what they move is stored instead, when it is worth it.
    const computes = COMPUTING.has(tensor.op.kind);
    if (inline && computes && cost > CHEAP && (shared || (repeated.has(tensor) && sizeOf(tensor.shape) > 1))) {
      chosen.push(tensor);
      work.set(tensor, 1);
    } else work.set(tensor, cost);
  }
  return chosen;
}

const COMPUTING: ReadonlySet<string> = new Set(["unary", "binary", "where", "sum", "max", "uniform"]);

const sameSet = <Item>(a: ReadonlySet<Item> | undefined, b: ReadonlySet<Item> | undefined): boolean =>
  a !== undefined && b !== undefined && a.size === b.size && [...a].every((item) => b.has(item));

// ---------------------------------------------------------------- what runs together

interface Group {
  readonly space: Space;
  /** The matrix product that the other members are computed from, tile by tile. */
  readonly product: Tensor | undefined;
  readonly members: Set<Tensor>;
  readonly spaces: Map<Tensor, Space>;
  /** Whether a member is complete only when the loops have ended. */
  hasReduction: Map<Tensor, boolean>;
  work: number;
}

/** Puts each stored tensor into the first kernel that runs late enough and visits the same space. */
function group(program: Program, tensors: readonly Tensor[], stored: ReadonlySet<Tensor>): Group[] {
  const groups: Group[] = [];
  const home = new Map<Tensor, number>();
  const readersOf = new Map<Tensor, number>();
  const updated = new Map((program.updates ?? []).map(({ state, next }) => [next, state]));
  for (const tensor of tensors) {
    if (!stored.has(tensor)) continue;
    const space = spaceOf(tensor, stored);
    const needs = dependencies(tensor, stored);
    let earliest = 0;
    for (const [need, whole] of needs) {
      const at = home.get(need);
      if (at === undefined) continue;
      const complete = whole || groups[at]?.hasReduction.get(need) || space.alone || groups[at]?.space.key !== space.key;
      earliest = Math.max(earliest, complete ? at + 1 : at);
    }
    // A state is replaced after everything that reads its old value, so that this can happen in place.
    const replaced = updated.get(tensor);
    if (replaced) earliest = Math.max(earliest, readersOf.get(replaced) ?? 0);
    const work = space.copies * (workWithin(tensor, stored) + 2);
    let index = groups.findIndex(
      (candidate, at) =>
        at >= earliest && !space.alone && candidate.space.key === space.key && candidate.work + work <= LARGEST_BODY,
    );
    const epilogue = epilogueOf(tensor, stored, home, groups);
    const fits = replaced === undefined || (fitsTiles(tensor) && (readersOf.get(replaced) ?? 0) <= (epilogue ?? 0));
    if (epilogue !== undefined && fits) index = epilogue;
    if (index < 0) {
      const product = tensor.op.kind === "matmul" ? tensor : undefined;
      index = groups.push({ space, product, members: new Set(), spaces: new Map(), hasReduction: new Map(), work: 0 }) - 1;
    }
    const chosen = groups[index] as Group;
    chosen.members.add(tensor);
    chosen.spaces.set(tensor, space);
    chosen.hasReduction.set(tensor, space.root !== "pointwise");
    chosen.work += work;
    home.set(tensor, index);
    for (const need of needs.keys()) if (isLeaf(need)) readersOf.set(need, Math.max(readersOf.get(need) ?? 0, index));
  }
  return groups;
}

/** An update reads and writes several matrices: large ones are faster in one sweep than in the small pieces of tiles. */
const fitsTiles = (tensor: Tensor): boolean => sizeOf(tensor.shape) <= 32 * 1024;

/**
 * The kernel of the product that a pointwise tensor is computed from element by element, if it reads one, and nothing that is
 * complete only later.
 */
function epilogueOf(
  tensor: Tensor,
  stored: ReadonlySet<Tensor>,
  home: ReadonlyMap<Tensor, number>,
  groups: readonly Group[],
): number | undefined {
  let found: number | undefined;
  let latest = -1;
  const [seenHere, seenElsewhere] = [new Set<Tensor>(), new Set<Tensor>()];
  const visit = (each: Tensor, direct: boolean): void => {
    if (each !== tensor && (stored.has(each) || isLeaf(each))) {
      const at = home.get(each) ?? -1;
      const inProduct = groups[at]?.product !== undefined && each.inputs.length > 0;
      if (direct && inProduct && sameShape(each.shape, tensor.shape) && at >= (found ?? -1)) found = at;
      else latest = Math.max(latest, at);
      return;
    }
    const seen = direct ? seenHere : seenElsewhere;
    if (seen.has(each)) return;
    seen.add(each);
    const pointwise = direct && ["unary", "binary", "where"].includes(each.op.kind);
    for (const input of each.inputs) visit(input, pointwise);
  };
  if (["unary", "binary", "where"].includes(tensor.op.kind)) visit(tensor, true);
  return found !== undefined && latest < found ? found : undefined;
}

function workWithin(tensor: Tensor, stored: ReadonlySet<Tensor>): number {
  const seen = new Map<Tensor, number>();
  const visit = (each: Tensor): number => {
    const known = seen.get(each);
    if (known !== undefined) return known;
    const work = workOf(each, (input) => (stored.has(input) || isLeaf(input) ? 1 : visit(input)));
    seen.set(each, work);
    return work;
  };
  const work = visit(tensor);
  return isReduction(tensor) ? work / reducedSize(tensor) : work;
}

/** Stored tensors and leaves that the expression of `tensor` reads, and whether it needs them in memory, whole. */
function dependencies(tensor: Tensor, stored: ReadonlySet<Tensor>): Map<Tensor, boolean> {
  const found = new Map<Tensor, boolean>();
  const seen = new Set<Tensor>();
  const visit = (each: Tensor, whole: boolean): void => {
    if (each !== tensor && (stored.has(each) || isLeaf(each))) found.set(each, whole || (found.get(each) ?? false));
    else if (!seen.has(each)) {
      seen.add(each);
      for (const input of readsOf(each)) visit(input, readsWhole(each));
    }
  };
  if (isLeaf(tensor)) found.set(tensor, false);
  else visit(tensor, false);
  return found;
}

/** Whether a tensor is loaded from where its input lies in memory, rather than computed from the input's elements. */
const readsWhole = ({ op, inputs: [x], shape }: Tensor): boolean =>
  op.kind === "gather" || (op.kind === "reshape" && !sameButUnits((x as Tensor).shape, shape));

function toKernel({ members, spaces, product }: Group, stored: ReadonlySet<Tensor>): Kernel {
  const placed = [...members].map((tensor) => ({ tensor, space: spaces.get(tensor) as Space }));
  if (!product) return buildLoops(placed, workOfBody(placed, stored));
  return buildMatmul(
    product,
    placed.map(({ tensor, space }) => ({
      tensor,
      kind: space.root,
      value: tensor,
      iteration: tensor.shape,
      roles: space.roles,
    })),
  );
}

/** Instructions in a body: each expression once, times the elements that are written out. */
function workOfBody(
  placed: readonly { readonly tensor: Tensor; readonly space: Space }[],
  stored: ReadonlySet<Tensor>,
): number {
  const members = new Set(placed.map(({ tensor }) => tensor));
  const { kind, loops } = (placed[0] as { space: Space }).space;
  const line = kind === "line" ? (loops[0]?.size ?? 1) : Number.POSITIVE_INFINITY;
  const seen = new Set<Tensor>();
  const visit = (tensor: Tensor): number => {
    if (seen.has(tensor) || isLeaf(tensor) || (stored.has(tensor) && !members.has(tensor))) return 0;
    seen.add(tensor);
    const copies = Math.max(1, Math.round(sizeOf(tensor.shape) / line));
    return tensor.inputs.reduce((sum, input) => sum + visit(input), copies * workOf(tensor, () => 0));
  };
  return placed.reduce((sum, { tensor }) => sum + visit(tensor), 0);
}
