/**
 * Programs and executables. A Program is one function over tensors that stay in memory; an Executable is a set of compiled
 * programs that share that memory. The float64 interpreter and the compiler both implement this interface, so callers need
 * not know which one they use.
 */
import { GraphError, type Operation, type Tensor } from "./graph.ts";
import { reachable } from "./graph-walk.ts";

/**
 * One step: reads inputs and state, returns outputs, then updates the state. Every new value is computed from the state
 * before the step.
 */
export interface Program {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Lists each state tensor at most once; `next` has the shape of its state. */
  readonly updates?: readonly { readonly state: Tensor; readonly next: Tensor }[];
}

/** Programs by name. States of the same name share memory across the programs, and must agree in shape and dtype. */
export type Programs = Readonly<Record<string, Program>>;

export interface CompileOptions {
  /** Maximum steps of one `run`: the number of rows in the feed and result tables. Default 1. */
  readonly maxSteps?: number;
  /** Programs that need more memory than this are refused before anything is allocated. Default 1 GiB. */
  readonly maxMemoryBytes?: number;
  /**
   * Whether other threads may join, on a shared memory. Programs too short to benefit are compiled without. The bits depend neither on it
   * nor on how many join. "always", for tests: share whatever can be shared, worth it or not. Default false.
   */
  readonly shared?: boolean | "always";
}

/** What another thread needs to take part in the steps of an executable. It can be posted to that thread. */
export interface Invitation {
  readonly module: WebAssembly.Module;
  /** Shared. */
  readonly memory: WebAssembly.Memory;
  /** The names of the programs, by their numbers. */
  readonly programs: readonly string[];
  /** The address through which the threads of the team communicate. */
  readonly cells: number;
}

/** The threads that run the steps of an executable together; one at first. */
export interface Team {
  readonly invitation: Invitation;
  /** The number of threads that the next call may have. */
  size(): number;
  /** Ends the team: the threads that have joined leave, and no step may run any more. */
  dismiss(): void;
}

export type FloatView = Float32Array | Float64Array;

export interface Executable {
  /** Bytes of the memory that holds state, feeds, results and scratch. */
  readonly memoryBytes: number;
  /** The team that other threads may join; null if one thread runs the steps. */
  readonly team: Team | null;
  /** Overwrites a state tensor with row-major values. Throws a GraphError if the name is unknown or the length differs. */
  write(state: string, values: ArrayLike<number>): void;
  /** Returns a row-major copy of a state tensor. */
  read(state: string): FloatView | Int32Array;
  /**
   * Returns the table that steps read an input from: row s, of `size` elements, is the input of step s of the next `run`.
   * It is the same view for the lifetime of the executable, so filling it allocates nothing.
   */
  feed(program: string, input: string): FloatView | Int32Array;
  /** Returns the table that steps write an output to: row s is from step s of the last `run`. Always the same view. */
  result(program: string, output: string): FloatView;
  /** Runs `steps` consecutive steps (1..maxSteps) of a program. How steps are grouped into calls does not change the bits. */
  run(program: string, steps: number): void;
  /** Runs one step with inputs and outputs by name: numbers for scalars, row-major arrays for other tensors. */
  step(program: string, inputs?: Readonly<Record<string, number | ArrayLike<number>>>): Record<string, number | FloatView>;
  /**
   * Returns the memory: the next executable of the same programs may reuse it, with its states at 0 again. Neither the executable nor its
   * tables may be used any more. Without this call the garbage collector frees the memory.
   */
  release(): void;
  /** Lists the kernels with their shapes, flops and bytes. */
  describe(): string;
}

export interface Leaves {
  /** In order of creation. */
  readonly inputs: readonly Tensor[];
  readonly states: readonly Tensor[];
}

/** Returns the roots of a program's graph: its outputs, the states that it updates, and their new values. */
export function rootsOf(program: Program): Tensor[] {
  return [...Object.values(program.outputs), ...(program.updates ?? []).flatMap(({ state, next }) => [state, next])];
}

/** The cached tensors of programs: planning a program asks for them several times. */
const known = new WeakMap<Program, readonly Tensor[]>();

/** Returns the tensors of a program in topological order. */
export function nodesOf(program: Program): readonly Tensor[] {
  const found = known.get(program) ?? reachable(rootsOf(program));
  known.set(program, found);
  return found;
}

/** Returns the number of operations of programs before they are compiled; the time to compile them grows faster than that. */
export function operationCount(programs: Programs): number {
  return Object.values(programs).reduce((total, program) => total + nodesOf(program).length, 0);
}

/** Returns how many values the constants of programs have, each constant counted in every program that uses it. */
export function constantCount(programs: Programs): number {
  const valuesIn = (program: Program) =>
    nodesOf(program).reduce((total, { op }) => total + (op.kind === "constant" ? op.values.length : 0), 0);
  return Object.values(programs).reduce((total, program) => total + valuesIn(program), 0);
}

/** Returns the inputs and states of a program. Throws a GraphError if two inputs or two states have the same name. */
export function leavesOf(program: Program): Leaves {
  const nodes = nodesOf(program);
  const named = (kind: "input" | "state") => {
    const found = new Map<string, Tensor>();
    for (const tensor of nodes) {
      if (tensor.op.kind !== kind) continue;
      const other = found.get(tensor.op.name);
      if (other && other !== tensor) throw new GraphError(`two ${kind} tensors are named ${tensor.op.name}`);
      found.set(tensor.op.name, tensor);
    }
    return [...found.values()];
  };
  return { inputs: named("input"), states: named("state") };
}

/**
 * Rebuilds a program by replacing each of its tensors with the result of `make`, which gets the tensor, its rebuilt inputs
 * and its index in topological order. Tensors that the program does not need are dropped.
 */
export function rebuild(program: Program, make: (tensor: Tensor, inputs: readonly Tensor[], index: number) => Tensor): Program {
  const made = new Map<Tensor, Tensor>();
  const rebuilt = (tensor: Tensor): Tensor => made.get(tensor) as Tensor;
  const inputsOf = ({ inputs }: Tensor): Tensor[] => {
    const all = new Array<Tensor>(inputs.length);
    for (let index = 0; index < inputs.length; index++) all[index] = rebuilt(inputs[index] as Tensor);
    return all;
  };
  nodesOf(program).forEach((tensor, index) => {
    made.set(tensor, make(tensor, inputsOf(tensor), index));
  });
  return {
    outputs: Object.fromEntries(Object.entries(program.outputs).map(([name, tensor]) => [name, rebuilt(tensor)])),
    updates: (program.updates ?? []).map(({ state, next }) => ({ state: rebuilt(state), next: rebuilt(next) })),
  };
}

/** Returns a string that is equal for operations that are the same, and differs otherwise. */
export function textOf(op: Operation): string {
  switch (op.kind) {
    case "unary":
    case "binary":
      return op.fn;
    // Number by number, because JSON has no -0, NaN or infinities.
    case "constant":
      return `constant ${Array.from(op.values, (value) => (Object.is(value, -0) ? "-0" : `${value}`))}`;
    case "slice":
      return `slice ${op.ranges.map(({ start, stop, step }) => `${start}:${stop}:${step}`)}`;
    case "pad":
      return `pad ${op.ranges.map(({ low, high, interior }) => `${low}:${high}:${interior}`)}`;
    case "sum":
    case "max":
    case "permute":
      return `${op.kind} ${op.axes.join()}`;
    case "matmul":
      return `matmul ${op.transposeA} ${op.transposeB}`;
    case "where":
    case "broadcast":
    case "reshape":
    case "gather":
    case "uniform":
      return op.kind;
    default:
      return JSON.stringify(op);
  }
}
