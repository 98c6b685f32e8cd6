/**
 * Decides what is computed together. Each tensor is either stored by a kernel or, inline, recomputed as part of the
 * expressions that read it; kernels over the same iteration space are merged. Knows costs and shapes; knows nothing of
 * addresses or instructions.
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { reachable, walkCarrying } from "../../graph-walk.ts";
import { type Program, rootsOf } from "../../program.ts";
import { sameButUnits } from "../affine-index.ts";
import { isLeaf } from "../expression.ts";
import { buildMatmul, operandViews, readsOf } from "../matmul/product.ts";
import { LARGEST_INLINE_SUM } from "../rewrite/lower.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import { costOf, costOfBody, isReduction, reducedSize } from "./cost-model.ts";
import { type Group, group } from "./group.ts";
import { buildLoops, type IterationSpace } from "./iteration-space.ts";
import type { Kernel } from "./kernels.ts";

export interface Fused {
  /** In the order in which they run. */
  readonly kernels: readonly Kernel[];
  /** Every tensor that some kernel stores. */
  readonly stored: ReadonlySet<Tensor>;
}

/** Work on one element above which a second kernel loads the result instead of computing it again. */
const CHEAP = 8;
/** Instructions in the expression of an inline reduction. */
const LARGEST_INLINE_COST = 256;

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

// ---------------------------------------------------------------- what is stored

function mustBeStored(program: Program, tensors: readonly Tensor[]): Set<Tensor> {
  const stored = new Set<Tensor>();
  const demand = (tensor: Tensor) => {
    if (!isLeaf(tensor)) stored.add(tensor);
  };
  for (const tensor of Object.values(program.outputs)) stored.add(tensor);
  for (const { state, next } of program.updates ?? []) if (state !== next) stored.add(next);
  const costs = new Map<Tensor, number>();
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
    const cost = costOf(tensor, (input) => (stored.has(input) ? 1 : (costs.get(input) ?? 1)));
    if (isReduction(tensor) && (reducedSize(tensor) > LARGEST_INLINE_SUM || cost > LARGEST_INLINE_COST)) demand(tensor);
    costs.set(tensor, cost);
  }
  return stored;
}

/**
 * Inline tensors that are better stored: expensive ones that several kernels would compute, or that a grid of loops would
 * compute again for every element they are broadcast to.
 */
function worthStoring(tensors: readonly Tensor[], stored: ReadonlySet<Tensor>, groups: readonly Group[]): Tensor[] {
  const users = new Map<Tensor, Set<Group>>();
  const repeated = new Set<Tensor>();
  for (const each of groups) {
    const isComputed = (tensor: Tensor): boolean => !isLeaf(tensor) && (!stored.has(tensor) || each.members.has(tensor));
    const reach = (tensors: readonly Tensor[], repeats: boolean) => {
      const computed = tensors.filter(isComputed);
      if (repeats && each.space.kind === "grid")
        for (const tensor of computed) if (COMPUTING.has(tensor.op.kind)) repeated.add(tensor);
      return computed.map((tensor) => ({ tensor, repeats }));
    };
    walkCarrying(reach([...each.members], false), ({ tensor, repeats }) => {
      users.set(tensor, (users.get(tensor) ?? new Set()).add(each));
      const expands = tensor.op.kind === "broadcast" && uniformValue(tensor) === undefined;
      // What is below the first computed tensor is computed once, with it.
      return reach(readsOf(tensor), expands || (repeats && !COMPUTING.has(tensor.op.kind)));
    });
  }
  const consumers = new Map<Tensor, Tensor[]>();
  for (const tensor of tensors) {
    for (const input of tensor.inputs) consumers.set(input, [...(consumers.get(input) ?? []), tensor]);
  }
  const chosen: Tensor[] = [];
  const costs = new Map<Tensor, number>();
  for (const tensor of tensors) {
    const cost = costOf(tensor, (input) => (stored.has(input) ? 1 : (costs.get(input) ?? 1)));
    const own = users.get(tensor);
    // Where all users read it through the same next tensor, storing that one is better.
    const passedOn = consumers.get(tensor)?.some((next) => !stored.has(next) && sameSet(users.get(next), own)) ?? false;
    const shared = (own?.size ?? 0) > 1 && !passedOn;
    const inline = !isLeaf(tensor) && !stored.has(tensor);
    // Moves are free to repeat: what they move is stored instead, when it is worth it.
    const computes = COMPUTING.has(tensor.op.kind);
    if (inline && computes && cost > CHEAP && (shared || (repeated.has(tensor) && sizeOf(tensor.shape) > 1))) {
      chosen.push(tensor);
      costs.set(tensor, 1);
    } else costs.set(tensor, cost);
  }
  return chosen;
}

const COMPUTING: ReadonlySet<string> = new Set(["unary", "binary", "where", "sum", "max", "uniform"]);

const sameSet = <Item>(a: ReadonlySet<Item> | undefined, b: ReadonlySet<Item> | undefined): boolean =>
  a !== undefined && b !== undefined && a.size === b.size && [...a].every((item) => b.has(item));

// ---------------------------------------------------------------- kernels

/** The kernel of a group: a product with the pointwise work on its tiles, or a loop nest. */
function toKernel({ members, spaces, product }: Group, stored: ReadonlySet<Tensor>): Kernel {
  const placed = [...members].map((tensor) => ({ tensor, space: spaces.get(tensor) as IterationSpace }));
  if (!product) return buildLoops(placed, costOfBody(placed, stored));
  return buildMatmul(
    product,
    placed.map(({ tensor, space }) => ({
      tensor,
      kind: space.output,
      value: tensor,
      iteration: tensor.shape,
      roles: space.roles,
    })),
  );
}
