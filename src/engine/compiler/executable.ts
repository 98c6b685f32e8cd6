/**
 * The JavaScript side of compiled programs: the memory, views into it, and the calls. Knows addresses; knows nothing of how
 * values are computed.
 */
import { GraphError } from "../graph.ts";
import type { Executable, FloatView } from "../program.ts";
import type { MemoryPlan, Region } from "./memory-plan.ts";
import { createSpares, type Instantiated } from "./spare-memory.ts";
import { CELL_BYTES } from "./team/cells.ts";
import { createSharedMemory } from "./team/shared-memory.ts";
import { createTeam, type SharedPrograms } from "./team/team.ts";
import { PAGE_BYTES } from "./wasm/assembler.ts";

/** The result of a compilation, which is cached. Each instance created from it has its own memory. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  readonly plan: MemoryPlan;
  readonly maxSteps: number;
  readonly listing: () => string;
  /** Of a module for several threads: the programs that they share. Null for a module for one. */
  readonly shared: SharedPrograms | null;
}

/** Bytes of the memory of a plan: with the cells of a team behind it, if it has one. */
export const memoryBytesOf = ({ bytes }: Pick<MemoryPlan, "bytes">, isShared: boolean): number =>
  isShared ? cellsBehind(bytes) + CELL_BYTES : bytes;

/** The address of the cells of a team: whole cache lines behind the plan's memory. */
export const cellsBehind = (bytes: number): number => Math.ceil(bytes / 64) * 64;

const spares = createSpares();

function instantiate({ module, plan, shared }: Compiled): Instantiated {
  const pages = Math.ceil(memoryBytesOf(plan, shared !== null) / PAGE_BYTES);
  const memory = shared ? createSharedMemory(pages) : new WebAssembly.Memory({ initial: pages, maximum: pages });
  return { memory, instance: new WebAssembly.Instance(module, { env: { memory } }) };
}

/**
 * Creates an instance with its own memory, in which states are 0. Its methods throw a GraphError for unknown names, values of
 * the wrong length, and steps outside 1..maxSteps.
 */
export function createExecutable(compiled: Compiled): Executable {
  const { module, plan, maxSteps, listing, shared } = compiled;
  let isReleased = false;
  const instantiated = spares.take(module) ?? instantiate(compiled);
  const { memory, instance } = instantiated;
  const view = ({ address, tensor, size, rows }: Region): FloatView | Int32Array =>
    tensor.dtype === "int"
      ? new Int32Array(memory.buffer, address, size * rows)
      : new Float32Array(memory.buffer, address, size * rows);

  for (const region of plan.constants) {
    const { op } = region.tensor;
    if (op.kind === "constant") view(region).set(op.values);
  }
  const states = new Map([...plan.states].map(([name, region]) => [name, view(region)]));
  const programs = new Map(
    [...plan.programs].map(([name, { inputs, outputs }]) => [
      name,
      {
        run: instance.exports[name] as (steps: number) => void,
        feeds: new Map([...inputs].map(([key, region]) => [key, { region, table: view(region) }])),
        results: new Map([...outputs].map(([key, region]) => [key, { region, table: view(region) as FloatView }])),
      },
    ]),
  );
  const invitation = { module, memory, programs: [...programs.keys()], cells: cellsBehind(plan.bytes) };
  const team = shared && createTeam(invitation, instance, shared);
  const program = (name: string) => found(programs.get(name), `program ${name}`);

  const run = (name: string, steps: number): void => {
    if (!Number.isInteger(steps) || steps < 1 || steps > maxSteps)
      throw new GraphError(`${steps} steps are not within 1..${maxSteps}`);
    if (isReleased) throw new GraphError("the executable was released");
    const { run: runAlone } = program(name);
    if (team) team.run(name, steps);
    else runAlone(steps);
  };

  return {
    memoryBytes: memory.buffer.byteLength,
    team,
    write: (name, values) => fill(found(states.get(name), `state ${name}`), values, `state ${name}`),
    read: (name) => found(states.get(name), `state ${name}`).slice(),
    feed: (name, input) => found(program(name).feeds.get(input), `input ${input} of program ${name}`).table,
    result: (name, output) => found(program(name).results.get(output), `output ${output} of program ${name}`).table,
    run,
    step: (name, inputs = {}) => {
      const { feeds, results } = program(name);
      for (const [key, value] of Object.entries(inputs)) {
        const { table, region } = found(feeds.get(key), `input ${key} of program ${name}`);
        fill(table.subarray(0, region.size), typeof value === "number" ? [value] : value, `input ${key}`);
      }
      run(name, 1);
      return Object.fromEntries(
        [...results].map(([key, { region, table }]) => [
          key,
          region.tensor.shape.length === 0 ? (table[0] as number) : table.slice(0, region.size),
        ]),
      );
    },
    release: () => {
      if (!shared && !isReleased) spares.keep(module, instantiated);
      isReleased = true;
    },
    describe: listing,
  };
}

function found<Item>(item: Item | undefined, what: string): Item {
  if (item === undefined) throw new GraphError(`there is no ${what}`);
  return item;
}

function fill(target: FloatView | Int32Array, values: ArrayLike<number>, what: string): void {
  if (values.length !== target.length) throw new GraphError(`${what} has ${target.length} elements, not ${values.length}`);
  target.set(values);
}
