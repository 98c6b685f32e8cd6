/**
 * Sets and maps of the tensors of a lowered program, whose ids are 0, 1, 2, and so on: arrays by id, since the compiler asks them for
 * every tensor that a kernel computes, in several passes.
 */
import type { Tensor } from "../graph.ts";

/** A set of tensors of one program. */
export interface TensorMembers {
  /** Whether a tensor is in the set. */
  has(tensor: Tensor): boolean;
}

/** A set of tensors of one program, empty at first. */
export class TensorSet implements TensorMembers {
  #marks = new Uint8Array(64);

  /** Whether a tensor was added. */
  has({ id }: Tensor): boolean {
    return this.#marks[id] === 1;
  }

  /** Adds a tensor. */
  add({ id }: Tensor): void {
    if (id >= this.#marks.length) {
      const grown = new Uint8Array(2 * id);
      grown.set(this.#marks);
      this.#marks = grown;
    }
    this.#marks[id] = 1;
  }
}

/** Values of tensors of one program. */
export class TensorMap<Value> {
  readonly #values: (Value | undefined)[];

  /** `count` is the number of tensors of the program. */
  constructor(count: number) {
    this.#values = new Array<Value | undefined>(count).fill(undefined);
  }

  /** Returns the value of a tensor; undefined if none was set. */
  get({ id }: Tensor): Value | undefined {
    return this.#values[id];
  }

  /** Sets the value of a tensor. */
  set({ id }: Tensor, value: Value): void {
    this.#values[id] = value;
  }
}

/** Numbers of tensors of one program, which are forgotten all at once. */
export class TensorNumbers {
  #numbers = new Float64Array(1024);
  // Not of 32 bits: see graph-walk.ts.
  #rounds = new Float64Array(1024);
  #round = 1;

  /** Forgets all numbers. */
  clear(): void {
    this.#round++;
  }

  /** Returns the number of a tensor; undefined if none was set since the last `clear`. */
  get({ id }: Tensor): number | undefined {
    return this.#rounds[id] === this.#round ? this.#numbers[id] : undefined;
  }

  /** Sets the number of a tensor. */
  set({ id }: Tensor, value: number): void {
    if (id >= this.#rounds.length) this.#grow(2 * id);
    this.#rounds[id] = this.#round;
    this.#numbers[id] = value;
  }

  #grow(count: number): void {
    const [numbers, rounds] = [new Float64Array(count), new Float64Array(count)];
    numbers.set(this.#numbers);
    rounds.set(this.#rounds);
    [this.#numbers, this.#rounds] = [numbers, rounds];
  }
}
