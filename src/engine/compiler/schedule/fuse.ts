/**
 * Kernel fusion. Each tensor is either stored by a kernel, or inline: recomputed in the expressions that read it. Kernels
 * over the same iteration space are merged. Knows costs and shapes; knows nothing of addresses or instructions.
 */
import type { Tensor } from "../../graph.ts";
import { nodesOf, type Program } from "../../program.ts";
import { sameButUnits } from "../affine-index.ts";
import { isLeaf } from "../expression.ts";
import { buildMatmul, operandViews } from "../matmul/product.ts";
import { LARGEST_INLINE_SUM } from "../rewrite/lower.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import { TensorMap, type TensorMembers, TensorSet } from "../tensor-tables.ts";
import { costOf, costOfBody, isReduction, reducedSize } from "./cost-model.ts";
import { type Group, group, LARGEST_BODY } from "./group.ts";
import { InlineTensors } from "./inline-tensors.ts";
import { chooseOrder, type IterationSpace, type KnownStrides, outputOf } from "./iteration-space.ts";
import type { Kernel, KernelOutput } from "./kernels.ts";
import { storeNestedSums } from "./nested-sums.ts";
import { Readings } from "./readings.ts";
import { cutRepetitions } from "./repeated-members.ts";
import { structureOf } from "./structure.ts";

export interface Fused {
  /** In execution order. */
  readonly kernels: readonly Kernel[];
  /** The tensors that kernels store. */
  readonly stored: TensorMembers;
}

/** Most instructions in the expression of an inline reduction. */
const LARGEST_INLINE_COST = 256;
/**
 * Most instructions in the expression of any inline tensor, counting what it shares as often as it is read. Bounds the body of
 * a kernel: a function of WebAssembly has at most 50,000 locals, and a chain of 30 activations would need more.
 */
const LARGEST_EXPRESSION = 4096;

/** What the kernels of a program are for: to be planned in memory only, or to be emitted, for which their loops are chosen too. */
export type Purpose = "memory" | "code";

/** Returns the kernels of a simplified and lowered program. Those for memory only have no loops. `largestBody` bounds what is merged. */
export function fuse(program: Program, purpose: Purpose = "code", largestBody = LARGEST_BODY): Fused {
  const tensors = nodesOf(program);
  const stored = mustBeStored(program, tensors);
  const readings = new Readings(stored, tensors.length);
  // Storing a tensor changes the kernels, and so which tensors are worth storing: a few rounds reach a fixed point.
  const inline = new InlineTensors(tensors, stored);
  let grouping = group(program, tensors, readings, largestBody);
  for (let round = 0; round < 4; round++) {
    const repeated = inline.worthStoring(grouping);
    if (repeated.length === 0) break;
    readings.store(repeated);
    grouping = group(program, tensors, readings, largestBody);
  }
  const complete = cutRepetitions(storeNestedSums(grouping.groups, tensors, readings), readings);
  const known: Known = { costs: new Map(), strides: new Map() };
  return { kernels: complete.map((each) => toKernel(each, stored, purpose, known)), stored };
}

// ---------------------------------------------------------------- stored tensors

function mustBeStored(program: Program, tensors: readonly Tensor[]): TensorSet {
  const stored = new TensorSet();
  const demand = (tensor: Tensor) => {
    if (!isLeaf(tensor)) stored.add(tensor);
  };
  for (const tensor of Object.values(program.outputs)) stored.add(tensor);
  for (const { state, next } of program.updates ?? []) if (state !== next) stored.add(next);
  const costs = new TensorMap<number>(tensors.length);
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
    if (cost > LARGEST_EXPRESSION) demand(tensor);
    costs.set(tensor, cost);
  }
  return stored;
}

// ---------------------------------------------------------------- kernels

const NO_STRUCTURE = { text: "", loaded: [] };

/** What was found for earlier kernels of a program: the costs of their bodies by their structure, and strides. */
interface Known {
  readonly costs: Map<string, number>;
  readonly strides: KnownStrides;
}

/** Builds the kernel of a group: a matrix product with a pointwise epilogue, or a loop nest. */
function toKernel(
  { members, spaces, product }: Group,
  stored: TensorMembers,
  purpose: Purpose,
  { costs, strides }: Known,
): Kernel {
  const outputs = members.map((tensor, index) => ({ tensor, space: spaces[index] as IterationSpace }));
  if (product) return buildMatmul(product, outputs.map(wholeOutput));
  if (purpose === "memory")
    return { kind: "loops", loops: [], cost: 0, outputs: outputs.map(wholeOutput), structure: NO_STRUCTURE };
  const order = chooseOrder(outputs, strides);
  const structure = structureOf(outputs, stored, order);
  const cost = costs.get(structure.text) ?? costOfBody(outputs, stored);
  costs.set(structure.text, cost);
  return { kind: "loops", cost, loops: order.loops, outputs: outputs.map((each) => outputOf(each, order)), structure };
}

const wholeOutput = ({ tensor, space }: { readonly tensor: Tensor; readonly space: IterationSpace }): KernelOutput => ({
  tensor,
  kind: space.output,
  value: tensor,
  iteration: tensor.shape,
  roles: space.roles,
});
