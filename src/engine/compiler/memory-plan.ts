/**
 * Memory planning: assigns addresses in one memory to states, constants, feed and result tables, and scratch buffers, which
 * are reused after their tensor's last read. Decides which states can be updated in place. Knows sizes and lifetimes; knows
 * nothing of instructions.
 */
import { GraphError, sizeOf, type Tensor } from "../graph.ts";
import { walk } from "../graph-walk.ts";
import { type Leaves, leavesOf, type Program } from "../program.ts";
import { expressionOf, isLeaf, isPointwise } from "./expression.ts";
import { packedBytes, readsOf } from "./matmul/product.ts";
import type { Fused } from "./schedule/fuse.ts";
import type { Kernel, MatmulKernel } from "./schedule/kernels.ts";
import type { TensorMembers } from "./tensor-tables.ts";
import { ELEMENT_BYTES } from "./vector.ts";

/** The address of a tensor. In a feed or result table, each step has its own row. */
export interface Buffer {
  readonly address: number;
  readonly stepBytes: number;
}

/** A named region of the memory, as JavaScript accesses it. */
export interface Region {
  readonly address: number;
  readonly tensor: Tensor;
  /** Elements per row, and the number of rows: one per step in tables, otherwise one. */
  readonly size: number;
  readonly rows: number;
}

export interface ProgramPlan {
  /** The buffers that kernels read tensors from. */
  readonly buffers: ReadonlyMap<Tensor, Buffer>;
  /** The buffers that the kernel of a tensor writes it to. None if only this kernel reads the tensor. */
  readonly targets: ReadonlyMap<Tensor, readonly Buffer[]>;
  /** Copies at the end of the step, for states whose old value is still read after the new value is computed. */
  readonly copies: readonly { readonly from: Buffer; readonly to: Buffer; readonly bytes: number }[];
  readonly inputs: ReadonlyMap<string, Region>;
  readonly outputs: ReadonlyMap<string, Region>;
  readonly packs: ReadonlyMap<Kernel, PackBuffers>;
}

/** Scratch memory for the packed operands of a product. */
export interface PackBuffers {
  readonly a: Buffer | undefined;
  readonly b: Buffer | undefined;
}

export interface MemoryPlan {
  readonly programs: ReadonlyMap<string, ProgramPlan>;
  readonly states: ReadonlyMap<string, Region>;
  readonly constants: readonly Region[];
  readonly bytes: number;
}

const ALIGNMENT = 64;
/** Padding at the end: vector loads may read past the end of a tensor; those lanes are never stored. */
const SLACK_BYTES = 256;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const bytesOf = (tensor: Tensor): number => sizeOf(tensor.shape) * ELEMENT_BYTES;

export interface FusedProgram {
  /** The inputs and states of the original program, including those that simplification removed: they keep their memory. */
  readonly leaves: Leaves;
  readonly program: Program;
  readonly fused: Fused;
}

/** Plans the memory of all programs. Throws a GraphError if states of the same name differ in shape or dtype. */
export function planMemory(programs: ReadonlyMap<string, FusedProgram>, maxSteps: number): MemoryPlan {
  const memory = new Allocator();
  const states = new Map<string, Region>();
  const constants: Region[] = [];
  for (const [, { leaves }] of programs) {
    for (const tensor of leaves.states) declareState(tensor, states, memory);
  }
  const tables = [...programs].map(([name, { program, leaves, fused }]) => {
    const inputs = new Map<string, Region>();
    for (const tensor of leaves.inputs) inputs.set(nameOf(tensor), memory.region(tensor, maxSteps));
    const outputs = new Map<string, Region>();
    for (const [output, tensor] of Object.entries(program.outputs)) outputs.set(output, memory.region(tensor, maxSteps));
    const own = constantsOf(fused).map((tensor) => memory.region(tensor, 1));
    constants.push(...own);
    return { name, program, leaves, fused, inputs, outputs, constants: own };
  });
  // Programs never run at the same time, so they share the scratch memory.
  const scratchStart = memory.end;
  let end = scratchStart;
  const planned = new Map<string, ProgramPlan>();
  for (const table of tables) {
    const scratch = new Scratch(scratchStart);
    planned.set(table.name, planProgram(table, states, scratch));
    end = Math.max(end, scratch.end);
  }
  return { programs: planned, states, constants, bytes: aligned(end) + SLACK_BYTES };
}

const nameOf = ({ op }: Tensor): string => (op.kind === "input" || op.kind === "state" ? op.name : "");

function declareState(tensor: Tensor, states: Map<string, Region>, memory: Allocator): void {
  const name = nameOf(tensor);
  const known = states.get(name);
  if (!known) states.set(name, memory.region(tensor, 1));
  else if (known.tensor.shape.join() !== tensor.shape.join() || known.tensor.dtype !== tensor.dtype)
    throw new GraphError(
      `state ${name} is [${known.tensor.shape.join(", ")}] in one program and [${tensor.shape.join(", ")}] in another`,
    );
}

/** The constants that kernels read from memory. Constants of one element are part of the code. */
function constantsOf({ kernels }: Fused): Tensor[] {
  const members = kernels.flatMap((kernel) => kernel.outputs.map(({ tensor }) => tensor));
  return walk(members, ({ inputs }) => inputs).filter(({ op }) => op.kind === "constant");
}

/** A bump allocator: addresses are never freed. */
class Allocator {
  // Address 0 stays unused.
  end = ALIGNMENT;

  region(tensor: Tensor, rows: number): Region {
    const address = this.end;
    this.end = aligned(address + bytesOf(tensor) * rows);
    return { address, tensor, size: sizeOf(tensor.shape), rows };
  }
}

interface Placed {
  readonly address: number;
  readonly bytes: number;
  /** The index of the last kernel that reads it. */
  readonly last: number;
}

/** A first-fit allocator of buffers, each live over an interval of kernels. */
class Scratch {
  readonly #start: number;
  /** By address. Those that end before the present kernel are dropped: kernels are planned in order. */
  #live: Placed[] = [];
  end: number;

  constructor(start: number) {
    this.#start = start;
    this.end = start;
  }

  allocate(bytes: number, from: number, last: number): Buffer {
    this.#live = this.#live.filter((other) => other.last >= from);
    let address = this.#start;
    let at = 0;
    for (; at < this.#live.length; at++) {
      const other = this.#live[at] as Placed;
      if (address + aligned(bytes) <= other.address) break;
      address = Math.max(address, other.address + other.bytes);
    }
    this.#live.splice(at, 0, { address, bytes: aligned(bytes), last });
    this.end = Math.max(this.end, address + aligned(bytes));
    return { address, stepBytes: 0 };
  }
}

interface Tables extends FusedProgram {
  readonly inputs: ReadonlyMap<string, Region>;
  readonly outputs: ReadonlyMap<string, Region>;
  readonly constants: readonly Region[];
}

function planProgram(
  { program, fused, inputs, outputs, constants }: Tables,
  states: ReadonlyMap<string, Region>,
  scratch: Scratch,
): ProgramPlan {
  const buffers = new Map<Tensor, Buffer>();
  for (const tensor of leavesOf(program).inputs) buffers.set(tensor, tableBuffer(inputs.get(nameOf(tensor)) as Region));
  for (const tensor of leavesOf(program).states) {
    buffers.set(tensor, { address: (states.get(nameOf(tensor)) as Region).address, stepBytes: 0 });
  }
  for (const { tensor, address } of constants) buffers.set(tensor, { address, stepBytes: 0 });

  const uses = usesOf(fused);
  const outputNames = byValue(Object.entries(program.outputs).map(([name, tensor]) => [tensor, name]));
  const updatedStates = byValue(
    (program.updates ?? []).flatMap(({ state, next }) => (state === next ? [] : [[next, state] as const])),
  );
  const targets = new Map<Tensor, Buffer[]>();
  const copies: { from: Buffer; to: Buffer; bytes: number }[] = [];
  const packs = new Map<Kernel, PackBuffers>();
  fused.kernels.forEach((kernel, at) => {
    if (kernel.kind === "matmul") packs.set(kernel, allocatePacks(kernel, at, scratch));
    for (const { tensor } of kernel.outputs) {
      const destinations = (outputNames.get(tensor) ?? []).map((name) => tableBuffer(outputs.get(name) as Region));
      const deferred: Buffer[] = [];
      for (const state of updatedStates.get(tensor) ?? []) {
        const stateBuffer = buffers.get(state) as Buffer;
        (canReplace(state, at, uses) ? destinations : deferred).push(stateBuffer);
      }
      const read = deferred.length > 0 || (uses.last.get(tensor) ?? -1) > at;
      if (destinations.length === 0 && read) {
        const last = deferred.length > 0 ? fused.kernels.length : (uses.last.get(tensor) ?? at);
        destinations.push(scratch.allocate(bytesOf(tensor), at, last));
      }
      for (const to of deferred) copies.push({ from: destinations[0] as Buffer, to, bytes: bytesOf(tensor) });
      targets.set(tensor, destinations);
      if (!isLeaf(tensor) && destinations[0]) buffers.set(tensor, destinations[0]);
    }
  });
  return { buffers, targets, copies, inputs, outputs, packs };
}

/** The values of each key, in order. */
function byValue<Key, Value>(pairs: readonly (readonly [Key, Value])[]): ReadonlyMap<Key, readonly Value[]> {
  const found = new Map<Key, Value[]>();
  for (const [key, value] of pairs) {
    const known = found.get(key);
    if (known) known.push(value);
    else found.set(key, [value]);
  }
  return found;
}

function allocatePacks(kernel: MatmulKernel, at: number, scratch: Scratch): PackBuffers {
  const [a, b] = packedBytes(kernel).map((bytes) => (bytes > 0 ? scratch.allocate(bytes, at, at) : undefined));
  return { a, b };
}

const tableBuffer = ({ address, size, rows }: Region): Buffer => ({
  address,
  stepBytes: rows > 1 ? size * ELEMENT_BYTES : 0,
});

interface Uses {
  /** The index of the last kernel that reads a tensor. */
  readonly last: ReadonlyMap<Tensor, number>;
  /** The index of the last kernel that reads it at a position other than the one being computed. */
  readonly lastElsewhere: ReadonlyMap<Tensor, number>;
}

function usesOf({ kernels, stored }: Fused): Uses {
  const last = new Map<Tensor, number>();
  const lastElsewhere = new Map<Tensor, number>();
  kernels.forEach((kernel, at) => {
    const members = new Set(kernel.outputs.map(({ tensor }) => tensor));
    const isLoaded = (tensor: Tensor): boolean => isLeaf(tensor) || (stored.has(tensor) && !members.has(tensor));
    // Operands of matrix products are read as a whole, as are the inputs of reductions and moves.
    const elsewhere = kernel.outputs.flatMap(({ tensor, kind }) => (kind === "pointwise" ? [] : tensor.inputs));
    const pointwise = kernel.outputs.filter(({ kind }) => kind === "pointwise").map(({ tensor }) => tensor);
    walk(pointwise, (tensor) => {
      if (isLoaded(tensor)) last.set(tensor, at);
      else if (isPointwise(tensor)) return tensor.inputs;
      else elsewhere.push(...readsOf(tensor));
      return [];
    });
    walk(elsewhere, (tensor) => {
      if (!isLoaded(tensor)) return readsOf(tensor);
      last.set(tensor, at);
      lastElsewhere.set(tensor, at);
      return [];
    });
  });
  return { last, lastElsewhere };
}

/** Whether kernel `at` may overwrite a state: no later kernel reads the old value, and this one reads only the same position. */
function canReplace(state: Tensor, at: number, { last, lastElsewhere }: Uses): boolean {
  return (last.get(state) ?? -1) <= at && (lastElsewhere.get(state) ?? -1) < at;
}

/** The minimum memory traffic of a kernel in bytes: each loaded tensor once, plus its outputs. */
export function trafficOf(kernel: Kernel, stored: TensorMembers): number {
  const members = new Set(kernel.outputs.map(({ tensor }) => tensor));
  const { loaded } = expressionOf(members, stored, readsOf);
  return [...loaded, ...members].reduce((sum, tensor) => sum + bytesOf(tensor), 0);
}
