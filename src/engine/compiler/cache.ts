/**
 * Keeps what was compiled lately, by the structure of the programs: what they compute, not which tensor objects they are made
 * of. Bounded: the entry that was not used for longest goes first.
 */
import type { Operation, Tensor } from "../graph.ts";
import { reachable } from "../graph-walk.ts";
import { type Program, type Programs, rootsOf } from "../program.ts";

/** A bounded map. The entry that was not used for longest goes first. */
export class ModuleCache<Entry> {
  readonly #limit: number;
  // A Map iterates in insertion order: the first entry is the one used least recently.
  readonly #entries = new Map<string, Entry>();

  /** At most `limit` entries are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The entry of this key, made by `create` if it is not there. Throws what `create` throws, and keeps nothing then. */
  get(key: string, create: () => Entry): Entry {
    const entry = this.#entries.get(key) ?? create();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value as string);
    return entry;
  }
}

/** A text that is equal for programs that compute the same, tensor by tensor, and differs otherwise. */
export function structureOf(programs: Programs, maxSteps: number): string {
  return [
    `${maxSteps} steps`,
    ...Object.entries(programs).map(([name, program]) => `${JSON.stringify(name)}: ${describe(program)}`),
  ].join("\n");
}

function describe(program: Program): string {
  const numbers = new Map<Tensor, number>();
  const lines = reachable(rootsOf(program)).map((tensor, number) => {
    numbers.set(tensor, number);
    return `${attributes(tensor.op)} ${tensor.inputs.map((x) => numbers.get(x))} [${tensor.shape}] ${tensor.dtype}`;
  });
  const outputs = Object.entries(program.outputs).map(([name, tensor]) => `${JSON.stringify(name)}=${numbers.get(tensor)}`);
  const updates = (program.updates ?? []).map(({ state, next }) => `${numbers.get(state)}<-${numbers.get(next)}`);
  return [...lines, ...outputs, ...updates].join("\n");
}

/** JSON knows neither -0 nor NaN nor infinities: constants are written number by number. */
function attributes(op: Operation): string {
  return op.kind === "constant"
    ? `constant ${Array.from(op.values, (value) => (Object.is(value, -0) ? "-0" : `${value}`))}`
    : JSON.stringify(op);
}
