/**
 * Caches compiled modules by the structure of their programs: by what the programs compute, not by the identity of their
 * tensor objects. Evicts the least recently used entry.
 */
import type { Tensor } from "../graph.ts";
import { nodesOf, type Program, type Programs, textOf } from "../program.ts";
import { isPointwise } from "./expression.ts";

/** Most characters of the keys of a cache: the structure of a deep network is a megabyte of text. */
const MAX_KEY_CHARACTERS = 2 ** 23;

/** A map that evicts the least recently used entries, bounded in entries and in the characters of its keys. */
export class ModuleCache<Entry> {
  readonly #limit: number;
  // A Map iterates in insertion order: the first entry is the least recently used one.
  readonly #entries = new Map<string, Entry>();
  #characters = 0;

  /** Keeps at most `limit` entries. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns the entry of a key, and creates it with `create` if it is missing. Throws what `create` throws; then nothing is cached. */
  get(key: string, create: () => Entry): Entry {
    const entry = this.#entries.get(key) ?? create();
    if (!this.#entries.delete(key)) this.#characters += key.length;
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (oldest === key || (this.#entries.size <= this.#limit && this.#characters <= MAX_KEY_CHARACTERS)) break;
      this.#entries.delete(oldest);
      this.#characters -= oldest.length;
    }
    return entry;
  }
}

/** The text of programs that were described before: plans are kept and compiled again. */
const described = new WeakMap<Programs, string>();

/** Returns a string that is equal for programs that are the same graph, tensor by tensor, and differs otherwise. */
export function structureOf(programs: Programs, maxSteps: number): string {
  let text = described.get(programs);
  if (text === undefined) {
    text = Object.entries(programs)
      .map(([name, program]) => `${JSON.stringify(name)}: ${describe(program)}`)
      .join("\n");
    described.set(programs, text);
  }
  return `${maxSteps} steps\n${text}`;
}

function describe(program: Program): string {
  const numbers = new Map<Tensor, number>();
  const numberOf = (tensor: Tensor) => numbers.get(tensor);
  const lines = nodesOf(program).map((tensor, number) => {
    numbers.set(tensor, number);
    const text = `${textOf(tensor.op)} ${tensor.inputs.map(numberOf).join()}`;
    // Elementwise operations have the shape of their inputs.
    return isPointwise(tensor) ? text : `${text} [${tensor.shape.join()}] ${tensor.dtype}`;
  });
  const outputs = Object.entries(program.outputs).map(([name, tensor]) => `${JSON.stringify(name)}=${numbers.get(tensor)}`);
  const updates = (program.updates ?? []).map(({ state, next }) => `${numbers.get(state)}<-${numbers.get(next)}`);
  return [...lines, ...outputs, ...updates].join("\n");
}
