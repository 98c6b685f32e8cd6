/**
 * What the expression of a stored tensor reads and costs. Each is computed once, and again only after a tensor that it computed inline
 * has become stored: the fuser asks for all of them in each of its rounds. Knows nothing of groups.
 */
import type { Tensor } from "../../graph.ts";
import { walk } from "../../graph-walk.ts";
import { sameButUnits } from "../affine-index.ts";
import { isLeaf } from "../expression.ts";
import { readsOf } from "../matmul/product.ts";
import { TensorMap, type TensorMembers, TensorNumbers, type TensorSet } from "../tensor-tables.ts";
import { costOfExpression, costWithin } from "./cost-model.ts";
import { type IterationSpace, iterationSpaceOf } from "./iteration-space.ts";

/** The expression of a stored tensor, down to what is in memory. */
export interface Reading {
  readonly space: IterationSpace;
  /** The stored tensors and leaves that are read. */
  readonly needs: readonly Tensor[];
  /** Whether each of these must be completely in memory. */
  readonly wholes: readonly boolean[];
  /** Instructions of the body, for all of its unrolled copies. */
  readonly cost: number;
}

/** The readings of stored tensors, while more tensors become stored. */
export class Readings {
  readonly #stored: TensorSet;
  readonly #known: TensorMap<Reading | null>;
  /** The stored tensors whose expressions compute a tensor inline. */
  readonly #users: TensorMap<Tensor[]>;
  /** The places of tensors among the needs of the present one. */
  readonly #places = new TensorNumbers();

  /** Tensors that are stored later are added to `stored`. `count` is the number of tensors of the program. */
  constructor(stored: TensorSet, count: number) {
    this.#stored = stored;
    this.#known = new TensorMap(count);
    this.#users = new TensorMap(count);
  }

  /** The tensors that are stored. */
  get stored(): TensorMembers {
    return this.#stored;
  }

  /** Stores more tensors. */
  store(tensors: readonly Tensor[]): void {
    for (const tensor of tensors) {
      this.#stored.add(tensor);
      for (const user of this.#users.get(tensor) ?? []) this.#known.set(user, null);
      this.#users.set(tensor, []);
    }
  }

  /** Returns the reading of a stored tensor. */
  of(tensor: Tensor): Reading {
    const known = this.#known.get(tensor);
    if (known) return known;
    const space = iterationSpaceOf(tensor, this.#stored);
    const { needs, wholes, computed } = this.#read(tensor);
    const cost = tensor.op.kind === "matmul" ? costWithin(tensor, this.#stored) : costOfExpression(tensor, computed);
    const reading = { space, needs, wholes, cost: space.copies * (cost + 2) };
    this.#known.set(tensor, reading);
    return reading;
  }

  /** What the expression of a tensor reads, and what it computes. */
  #read(tensor: Tensor): Pick<Reading, "needs" | "wholes"> & { readonly computed: readonly Tensor[] } {
    const needs: Tensor[] = [];
    const wholes: boolean[] = [];
    const computed: Tensor[] = [];
    this.#places.clear();
    const need = (input: Tensor, whole: boolean): void => {
      const place = this.#places.get(input) ?? needs.push(input) - 1;
      this.#places.set(input, place);
      wholes[place] = whole || (wholes[place] ?? false);
    };
    if (isLeaf(tensor)) need(tensor, false);
    walk([tensor], (each) => {
      if (isLeaf(each) || (each !== tensor && this.#stored.has(each))) return [];
      computed.push(each);
      if (each !== tensor) this.#note(each, tensor);
      const reads = readsOf(each);
      const whole = readsWhole(each);
      for (const input of reads) if (this.#stored.has(input) || isLeaf(input)) need(input, whole);
      return reads;
    });
    return { needs, wholes, computed };
  }

  #note(inline: Tensor, user: Tensor): void {
    const users = this.#users.get(inline);
    if (users) users.push(user);
    else this.#users.set(inline, [user]);
  }
}

/** Whether a tensor is loaded from its input's memory, rather than computed from the input's elements. */
const readsWhole = ({ op, inputs: [x], shape }: Tensor): boolean =>
  op.kind === "gather" || (op.kind === "reshape" && !sameButUnits((x as Tensor).shape, shape));
