/**
 * What runs: a Program is one function over tensors that stay in memory, an Executable is a set of compiled programs that
 * share that memory. The float64 interpreter and the compiler both stand behind this interface; callers cannot tell which.
 */
import { GraphError, type Tensor } from "./graph.ts";
import { reachable } from "./graph-walk.ts";

/**
 * One step: reads inputs and state, returns outputs, and then replaces state. All right-hand sides are computed from the
 * state before the step.
 */
export interface Program {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Each state tensor at most once; `next` has its shape. */
  readonly updates?: readonly { readonly state: Tensor; readonly next: Tensor }[];
}

/** Programs by name. State leaves of one name are the same memory in each of them, and must agree in shape and dtype. */
export type Programs = Readonly<Record<string, Program>>;

export interface CompileOptions {
  /** How many steps one `run` can take: the rows of the feed and result tables. Default 1. */
  readonly maxSteps?: number;
  /** Refuse, before allocating, what would need more memory than this. Default 1 GiB. */
  readonly maxMemoryBytes?: number;
}

export type FloatView = Float32Array | Float64Array;

export interface Executable {
  /** Bytes of the one memory that holds state, feeds, results and scratch. */
  readonly memoryBytes: number;
  /** Replaces a state tensor, row-major. Throws a GraphError if the name is unknown or the length differs. */
  write(state: string, values: ArrayLike<number>): void;
  /** A copy of a state tensor, row-major. */
  read(state: string): FloatView | Int32Array;
  /**
   * The table that steps read their input from: row s, of `size` elements, belongs to step s of the next `run`.
   * The same view for the life of the executable, so that filling it allocates nothing.
   */
  feed(program: string, input: string): FloatView | Int32Array;
  /** The table that steps write their output to: row s belongs to step s of the last `run`. The same view for life. */
  result(program: string, output: string): FloatView;
  /** Runs `steps` consecutive steps (1..maxSteps) of a program in one call. The bits do not depend on how steps are grouped. */
  run(program: string, steps: number): void;
  /** One step, for callers that prefer names to tables: a number for a scalar input or output, row-major arrays for others. */
  step(program: string, inputs?: Readonly<Record<string, number | ArrayLike<number>>>): Record<string, number | FloatView>;
  /** A listing of what runs: kernels, their shapes, flops and bytes. */
  describe(): string;
}

export interface Leaves {
  /** In order of first appearance. */
  readonly inputs: readonly Tensor[];
  readonly states: readonly Tensor[];
}

/** The tensors that a program returns, replaces or stores. */
export function rootsOf(program: Program): Tensor[] {
  return [...Object.values(program.outputs), ...(program.updates ?? []).flatMap(({ state, next }) => [state, next])];
}

/** Operations of programs before they are compiled: what compiling them takes grows with it, and faster. */
export function operationCount(programs: Programs): number {
  return Object.values(programs).reduce((total, program) => total + reachable(rootsOf(program)).length, 0);
}

/** The inputs and states of a program. Throws a GraphError where one name stands for two tensors of a kind. */
export function leavesOf(program: Program): Leaves {
  const nodes = reachable(rootsOf(program));
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
 * The program with each of its tensors made again by `make`, which gets the tensor, its new inputs and its place in the
 * topological order. What the program does not need is left behind.
 */
export function rebuild(program: Program, make: (tensor: Tensor, inputs: readonly Tensor[], place: number) => Tensor): Program {
  const made = new Map<Tensor, Tensor>();
  const lookUp = (tensor: Tensor): Tensor => made.get(tensor) as Tensor;
  reachable(rootsOf(program)).forEach((tensor, place) => {
    made.set(tensor, make(tensor, tensor.inputs.map(lookUp), place));
  });
  return {
    outputs: Object.fromEntries(Object.entries(program.outputs).map(([name, tensor]) => [name, lookUp(tensor)])),
    updates: (program.updates ?? []).map(({ state, next }) => ({ state: lookUp(state), next: lookUp(next) })),
  };
}
