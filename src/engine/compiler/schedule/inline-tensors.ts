/**
 * Which inline tensors are cheaper to store: expensive ones that several kernels would compute, or that a grid kernel would recompute
 * for every element that they are broadcast to. Knows costs and groups; knows nothing of loops.
 */
import { sizeOf, type Tensor } from "../../graph.ts";
import { walkCarrying } from "../../graph-walk.ts";
import { isLeaf } from "../expression.ts";
import { readsOf } from "../matmul/product.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import { TensorMap, type TensorMembers, TensorSet } from "../tensor-tables.ts";
import { costOf } from "./cost-model.ts";
import type { Group, Grouping } from "./group.ts";

/** Cost above which a second kernel loads a result instead of recomputing it. */
const CHEAP = 8;

const COMPUTING: ReadonlySet<string> = new Set(["unary", "binary", "where", "sum", "max", "uniform"]);

/** What the kernel of a group computes. */
interface Computation {
  readonly members: readonly Tensor[];
  readonly kind: Group["space"]["kind"];
  readonly computed: readonly Tensor[];
  /** The tensors that are recomputed for every element that they are broadcast to. */
  readonly repeated: readonly Tensor[];
}

/** The tensors of a program that are not stored, while more of them become stored. */
export class InlineTensors {
  readonly #tensors: readonly Tensor[];
  readonly #stored: TensorMembers;
  /** What groups of earlier rounds compute, by their first members: most groups are the same in the next round. */
  readonly #known: TensorMap<Computation>;
  /** The tensors that read a tensor, once one of them is asked for. */
  #consumers: TensorMap<Tensor[]> | undefined;
  /** The tensors that cost enough to be stored, as of the previous round: storing a tensor makes others cheaper and none more expensive. */
  #candidates: readonly Tensor[];

  /** `tensors` are those of the program, in topological order; `stored` may grow between the calls. */
  constructor(tensors: readonly Tensor[], stored: TensorMembers) {
    this.#tensors = tensors;
    this.#stored = stored;
    this.#known = new TensorMap(tensors.length);
    this.#candidates = tensors.filter((tensor) => COMPUTING.has(tensor.op.kind));
  }

  /** Returns the inline tensors that are cheaper to store, given the groups of those that are stored. */
  worthStoring({ groups, indices }: Grouping): Tensor[] {
    const first = new TensorMap<number>(this.#tensors.length);
    /** The indices of the groups of tensors that several compute, in order. */
    const users = new TensorMap<number[]>(this.#tensors.length);
    const repeated = new TensorSet();
    groups.forEach((group, index) => {
      const computation = this.#computationOf(group, index, indices);
      for (const tensor of computation.repeated) repeated.add(tensor);
      for (const tensor of computation.computed) {
        const other = first.get(tensor);
        const known = users.get(tensor);
        if (other === undefined) first.set(tensor, index);
        else if (known) known.push(index);
        else users.set(tensor, [other, index]);
      }
    });
    const isWorth = (tensor: Tensor): boolean =>
      !this.#stored.has(tensor) &&
      ((repeated.has(tensor) && sizeOf(tensor.shape) > 1) ||
        (users.get(tensor) !== undefined && !this.#isPassedOn(tensor, users)));
    const worth = this.#candidates.filter(isWorth);
    return worth.length === 0 ? [] : this.#choose(worth);
  }

  /** Returns those that cost enough, in topological order: the ones chosen so far make the next ones cheaper. */
  #choose(worth: readonly Tensor[]): Tensor[] {
    const eligible = new TensorSet();
    for (const tensor of worth) eligible.add(tensor);
    const chosen: Tensor[] = [];
    const costs = new TensorMap<number>(this.#tensors.length);
    const costOfInput = (input: Tensor): number => (this.#stored.has(input) ? 1 : (costs.get(input) ?? 1));
    for (const tensor of this.#tensors) {
      const cost = costOf(tensor, costOfInput);
      const isChosen = cost > CHEAP && eligible.has(tensor);
      if (isChosen) chosen.push(tensor);
      costs.set(tensor, isChosen ? 1 : cost);
    }
    this.#candidates = this.#candidates.filter((tensor) => (costs.get(tensor) as number) > CHEAP);
    return chosen;
  }

  /** Whether all groups that compute a tensor read it through the same consumer: storing that is better. */
  #isPassedOn(tensor: Tensor, users: TensorMap<number[]>): boolean {
    this.#consumers ??= consumersOf(this.#tensors);
    const consumers = this.#consumers.get(tensor) ?? [];
    return consumers.some((next) => !this.#stored.has(next) && areEqual(users.get(next), users.get(tensor)));
  }

  #computationOf(group: Group, index: number, indices: TensorMap<number>): Computation {
    const start = group.members[0] as Tensor;
    const known = this.#known.get(start);
    if (known && this.#holdsFor(known, group, index, indices)) return known;
    const found = this.#compute(group, index, indices);
    this.#known.set(start, found);
    return found;
  }

  /** Whether a group computes the same as one of an earlier round: it has the same members, and nothing else of it is stored now. */
  #holdsFor({ members, kind, computed }: Computation, group: Group, index: number, indices: TensorMap<number>): boolean {
    return (
      kind === group.space.kind &&
      members.length === group.members.length &&
      members.every((member, at) => member === group.members[at]) &&
      computed.every((tensor) => !this.#stored.has(tensor) || indices.get(tensor) === index)
    );
  }

  #compute({ members, space: { kind } }: Group, index: number, indices: TensorMap<number>): Computation {
    const repeated: Tensor[] = [];
    const isComputed = (tensor: Tensor): boolean =>
      !isLeaf(tensor) && (!this.#stored.has(tensor) || indices.get(tensor) === index);
    const reach = (tensors: readonly Tensor[], repeats: boolean) => {
      const computed = tensors.filter(isComputed);
      if (repeats && kind === "grid") for (const tensor of computed) if (COMPUTING.has(tensor.op.kind)) repeated.push(tensor);
      return computed.map((tensor) => ({ tensor, repeats }));
    };
    const computed = walkCarrying(reach(members, false), ({ tensor, repeats }) => {
      const expands = tensor.op.kind === "broadcast" && uniformValue(tensor) === undefined;
      // The inputs of the first computed tensor are computed once, together with it.
      return reach(readsOf(tensor), expands || (repeats && !COMPUTING.has(tensor.op.kind)));
    });
    return { members, kind, computed, repeated };
  }
}

function consumersOf(tensors: readonly Tensor[]): TensorMap<Tensor[]> {
  const consumers = new TensorMap<Tensor[]>(tensors.length);
  for (const tensor of tensors) {
    for (const input of tensor.inputs) {
      const known = consumers.get(input);
      if (known) known.push(tensor);
      else consumers.set(input, [tensor]);
    }
  }
  return consumers;
}

const areEqual = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((item, index) => item === b[index]);
