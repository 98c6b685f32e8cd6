/**
 * The reference interpreter: evaluates programs in float64, one primitive at a time. The tests compare the compiler with it.
 * Owns the states, feeds and results behind the Executable interface; reference-kernels.ts defines the primitives.
 */

import { GraphError, sameShape, sizeOf, type Tensor } from "./graph.ts";
import { reachable } from "./graph-walk.ts";
import { type CompileOptions, type Executable, leavesOf, type Program, type Programs, rootsOf } from "./program.ts";
import { allocate, type Kernel, kernelOf, type Values } from "./reference-kernels.ts";

const DEFAULT_MEMORY_BYTES = 2 ** 30;

/**
 * Creates an executable that evaluates programs over one set of states in float64 (`int` tensors as Int32Array). States
 * start at 0. Throws a GraphError for programs that cannot run: conflicting names, updates that do not fit, more memory than
 * allowed.
 */
export function interpret(programs: Programs, options: CompileOptions = {}): Executable {
  const maxSteps = options.maxSteps ?? 1;
  const memoryBytes = memoryOf(programs, maxSteps);
  if (memoryBytes > (options.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES)) {
    throw new GraphError(
      `the programs need ${memoryBytes} bytes, more than the ${options.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES} allowed`,
    );
  }
  const states = new Map<string, Values>();
  const prepared = new Map(Object.entries(programs).map(([name, program]) => [name, prepare(program, states, maxSteps)]));
  const programNamed = (name: string) => found(prepared.get(name), `program ${name}`);
  const stateNamed = (name: string) => found(states.get(name), `state ${name}`);

  const run = (name: string, steps: number): void => {
    const program = programNamed(name);
    if (!Number.isInteger(steps) || steps < 1 || steps > maxSteps)
      throw new GraphError(`${steps} steps are not within 1..${maxSteps}`);
    for (let step = 0; step < steps; step++) runStep(program, states, step);
  };
  const feed = (name: string, input: string) => found(programNamed(name).feeds.get(input), `input ${input} of program ${name}`);
  const result = (name: string, output: string) =>
    found(programNamed(name).results.get(output), `output ${output} of program ${name}`);

  return {
    memoryBytes,
    team: null,
    write: (name, values) => fill(stateNamed(name), values, `state ${name}`),
    read: (name) => stateNamed(name).slice(),
    feed,
    result,
    run,
    step: (name, inputs = {}) => {
      for (const [key, value] of Object.entries(inputs)) {
        const row = feed(name, key);
        fill(row.subarray(0, row.length / maxSteps), typeof value === "number" ? [value] : value, `input ${key}`);
      }
      run(name, 1);
      return Object.fromEntries(
        Object.entries(found(programs[name], `program ${name}`).outputs).map(([key, { shape }]) => {
          const table = result(name, key);
          return [key, shape.length === 0 ? (table[0] as number) : table.slice(0, sizeOf(shape))];
        }),
      );
    },
    release: () => undefined,
    describe: () =>
      [...prepared].map(([name, program]) => `program ${name}\n${program.nodes.map(describeNode).join("\n")}`).join("\n"),
  };
}

// ---------------------------------------------------------------- programs

interface PreparedProgram {
  readonly program: Program;
  readonly nodes: readonly Tensor[];
  /** One kernel per node, in the same order. */
  readonly kernels: readonly Kernel[];
  readonly feeds: ReadonlyMap<string, Values>;
  readonly results: ReadonlyMap<string, Float64Array>;
}

function prepare(program: Program, states: Map<string, Values>, maxSteps: number): PreparedProgram {
  const leaves = leavesOf(program);
  for (const tensor of leaves.states) {
    const name = nameOf(tensor);
    const existing = states.get(name);
    if (!existing) states.set(name, allocate(tensor, sizeOf(tensor.shape)));
    else if (existing.length !== sizeOf(tensor.shape) || existing instanceof Int32Array !== (tensor.dtype === "int"))
      throw new GraphError(`state ${name} differs between programs`);
  }
  checkUpdates(program);
  const nodes = reachable(rootsOf(program));
  return {
    program,
    nodes,
    kernels: nodes.map((tensor) => kernelOf(tensor)),
    feeds: new Map(leaves.inputs.map((tensor) => [nameOf(tensor), allocate(tensor, maxSteps * sizeOf(tensor.shape))])),
    results: new Map(
      Object.entries(program.outputs).map(([name, { shape }]) => [name, new Float64Array(maxSteps * sizeOf(shape))]),
    ),
  };
}

function checkUpdates({ updates = [] }: Program): void {
  const seen = new Set<Tensor>();
  for (const { state, next } of updates) {
    if (state.op.kind !== "state") throw new GraphError("only a state can be updated");
    if (seen.has(state)) throw new GraphError(`state ${state.op.name} is updated twice`);
    if (!sameShape(state.shape, next.shape) || state.dtype !== next.dtype)
      throw new GraphError(`the update of state ${state.op.name} has another shape or dtype`);
    seen.add(state);
  }
}

function runStep(
  { program, nodes, kernels, feeds, results }: PreparedProgram,
  states: ReadonlyMap<string, Values>,
  step: number,
): void {
  const values = new Map<Tensor, Values>();
  const valuesOf = (tensor: Tensor) => values.get(tensor) as Values;
  nodes.forEach((tensor, index) => {
    values.set(tensor, evaluate(tensor, kernels[index] as Kernel, tensor.inputs.map(valuesOf), feeds, states, step));
  });
  for (const [name, tensor] of Object.entries(program.outputs))
    results.get(name)?.set(valuesOf(tensor), step * sizeOf(tensor.shape));
  // A new value may itself be another state: copy all of them before overwriting the first.
  const replacements = (program.updates ?? []).map(({ state, next }) => [nameOf(state), valuesOf(next).slice()] as const);
  for (const [name, next] of replacements) states.get(name)?.set(next);
}

function evaluate(
  tensor: Tensor,
  kernel: Kernel,
  inputs: readonly Values[],
  feeds: ReadonlyMap<string, Values>,
  states: ReadonlyMap<string, Values>,
  step: number,
): Values {
  const size = sizeOf(tensor.shape);
  if (tensor.op.kind === "state") return states.get(tensor.op.name) as Values;
  if (tensor.op.kind === "input") return (feeds.get(tensor.op.name) as Values).subarray(step * size, (step + 1) * size);
  return kernel(inputs);
}

/** Bytes of states, feeds, results and one buffer per node. */
function memoryOf(programs: Programs, maxSteps: number): number {
  let bytes = 0;
  const states = new Set<string>();
  for (const program of Object.values(programs)) {
    for (const tensor of reachable(rootsOf(program))) {
      const size = sizeOf(tensor.shape) * (tensor.dtype === "int" ? 4 : 8);
      if (tensor.op.kind === "input") bytes += size * maxSteps;
      else if (tensor.op.kind !== "state") bytes += size;
      else if (!states.has(tensor.op.name)) {
        states.add(tensor.op.name);
        bytes += size;
      }
    }
    for (const { shape } of Object.values(program.outputs)) bytes += sizeOf(shape) * maxSteps * 8;
  }
  return bytes;
}

function nameOf({ op }: Tensor): string {
  if (op.kind !== "input" && op.kind !== "state") throw new GraphError(`a ${op.kind} has no name`);
  return op.name;
}

function fill(target: Values, values: ArrayLike<number>, what: string): void {
  if (values.length !== target.length) throw new GraphError(`${what} takes ${target.length} values, not ${values.length}`);
  target.set(values);
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new GraphError(`there is no ${what}`);
  return value;
}

function describeNode({ id, op, inputs, shape, dtype }: Tensor): string {
  const attributes = Object.entries(op)
    .filter(([key, value]) => key !== "kind" && !(value instanceof Float64Array))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `  %${id} ${dtype}[${shape.join(",")}] = ${[op.kind, ...inputs.map((x) => `%${x.id}`), ...attributes].join(" ")}`;
}
