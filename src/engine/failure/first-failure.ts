/**
 * Finds the first operation of a step that failed: one with a non-finite result from finite operands. Evaluates the step one primitive at a
 * time, rounds to float32 after each, and repeats the failed operation in float64. Knows graphs and values; knows nothing of training.
 */
import { sizeOf, type Tensor } from "../graph.ts";
import { reachable } from "../graph-walk.ts";
import type { Program } from "../program.ts";
import { kernelOf, type Values } from "../reference-kernels.ts";
import { createRowAxis, rowOf } from "./row-axis.ts";

/** The values of a step before it runs. */
export interface StepValues {
  /** Row-major values of a state or an input, by its name. */
  valuesOf(leaf: string): ArrayLike<number>;
  /** Rows of its batch. */
  readonly rows: number;
  /** Whether each element along the first axis of a leaf belongs to a row of the batch, or of all rows if they are gathered. */
  isRows(leaf: string): boolean;
}

/** The first failure. */
export interface FirstFailure {
  /** Its operation and scope say what it is. */
  readonly tensor: Tensor;
  /** Number of non-finite elements of its result. */
  readonly elements: number;
  /** Positions in the batch of the rows of these elements, at most MAX_ROWS; for a sum over rows, those of the greatest values. */
  readonly rows: readonly number[];
  /** The operands of the first of these elements, in float32: for a sum or a matrix product, the greatest terms. */
  readonly operands: readonly number[];
  /** Its result in float32: NaN or infinite. */
  readonly result: number;
  /** The result of the same step in float64. */
  readonly exact: number;
  /** The same operands in float64. */
  readonly exactOperands: readonly number[];
}

/** Maximum rows named by a failure. */
const MAX_ROWS = 5;
/** Maximum operations (roughly, additions and multiplications) of a step that is evaluated: seconds of the interpreter. */
const MAX_WORK = 1e9;
/** Maximum live numbers at a time: 128 MiB of float64. */
const MAX_ALIVE = 2 ** 24;

/**
 * Returns the first failure of a step whose loss or new state is not finite in float32; null if both are finite. Returns "too_large" for a
 * step that would take more time or memory than MAX_WORK and MAX_ALIVE allow. `results` names the outputs of the program that must be
 * finite besides the new state. `cancelled` is called before each primitive; if it returns true, the result is null.
 */
export function firstFailure(
  program: Program,
  results: readonly string[],
  step: StepValues,
  cancelled: () => boolean = () => false,
): FirstFailure | "too_large" | null {
  const roots = [...results.map((name) => program.outputs[name] as Tensor), ...(program.updates ?? []).map(({ next }) => next)];
  const nodes = reachable(roots);
  if (workOf(nodes) > MAX_WORK || mostAlive(nodes, roots) > MAX_ALIVE) return "too_large";
  const culprits = new Map<Tensor, readonly Tensor[]>();
  const isWhole = evaluate(nodes, roots, { ...step, cancelled }, Math.fround, (tensor, values, inputs) => {
    if (isBad(values)) culprits.set(tensor, culpritsOf(tensor, values, inputs));
  });
  const origin = isWhole ? originOf(roots, culprits) : null;
  return origin ? describe(origin, nodes, { ...step, cancelled }) : null;
}

/** The first, in the order of the step, of the tensors that made a root non-finite although their own inputs were finite. */
function originOf(roots: readonly Tensor[], culprits: ReadonlyMap<Tensor, readonly Tensor[]>): Tensor | null {
  const pending = roots.filter((root) => culprits.has(root));
  const seen = new Set(pending);
  let origin: Tensor | null = null;
  for (let tensor = pending.pop(); tensor; tensor = pending.pop()) {
    const sources = culprits.get(tensor) as readonly Tensor[];
    if (sources.length === 0 && (origin === null || tensor.id < origin.id)) origin = tensor;
    for (const source of sources) {
      if (seen.has(source)) continue;
      seen.add(source);
      pending.push(source);
    }
  }
  return origin;
}

/** The inputs through which non-finite values came: an infinity that an operation removes again is no failure. */
function culpritsOf(tensor: Tensor, values: Values, inputs: readonly Values[]): Tensor[] {
  const { kind } = tensor.op;
  if (kind === "custom_gradient") return tensor.inputs.slice(0, 1);
  const isElementwise = kind === "unary" || kind === "binary" || kind === "where";
  return tensor.inputs.filter((_, index) => {
    const input = inputs[index] as Values;
    if (!isElementwise) return isBad(input);
    return values.some(
      (value, at) => !Number.isFinite(value) && !Number.isFinite(input[at]) && isTaken(kind, inputs, index, at),
    );
  });
}

function isTaken(kind: Tensor["op"]["kind"], inputs: readonly Values[], index: number, at: number): boolean {
  if (kind !== "where" || index === 0) return true;
  return (inputs[0]?.[at] !== 0) === (index === 1);
}

function describe(origin: Tensor, nodes: readonly Tensor[], step: Evaluation): FirstFailure | null {
  const upTo = nodes.filter(({ id }) => id <= origin.id);
  const rounded = at(origin, upTo, step, Math.fround);
  const exact = rounded && at(origin, upTo, step, (value) => value);
  if (!rounded || !exact) return null;
  const bad = [...rounded.values.keys()].filter((element) => !Number.isFinite(rounded.values[element]));
  const [element] = bad as [number];
  return {
    tensor: origin,
    elements: bad.length,
    rows: rowsOf(origin, rounded.inputs, bad, upTo, step),
    operands: operandsOf(origin, rounded.inputs, element),
    result: rounded.values[element] as number,
    exact: exact.values[element] as number,
    exactOperands: operandsOf(origin, exact.inputs, element),
  };
}

interface Evaluated {
  readonly values: Values;
  readonly inputs: readonly Values[];
}

/** Null if it was cancelled. */
function at(origin: Tensor, nodes: readonly Tensor[], step: Evaluation, round: (value: number) => number): Evaluated | null {
  let found: Evaluated | null = null;
  evaluate(nodes, [origin], step, round, (tensor, values, inputs) => {
    if (tensor === origin) found = { values, inputs };
  });
  return found;
}

/** The operands of an element of a tensor: the same element of each input, or the greatest of those that are summed. */
function operandsOf({ op, inputs: tensors }: Tensor, inputs: readonly Values[], element: number): number[] {
  const isElementwise = op.kind === "unary" || op.kind === "binary" || op.kind === "where";
  return inputs
    .filter((_, index) => tensors[index]?.dtype === "float")
    .map((values) => (isElementwise ? (values[element] as number) : (values[greatest(values)] as number)));
}

function greatest(values: Values): number {
  let found = 0;
  values.forEach((value, index) => {
    if (Math.abs(value) > Math.abs(values[found] as number)) found = index;
  });
  return found;
}

function rowsOf(
  origin: Tensor,
  inputs: readonly Values[],
  bad: readonly number[],
  nodes: readonly Tensor[],
  { rows, isRows }: StepValues,
): number[] {
  const rule = createRowAxis(rows, isRows);
  const axes = new Map<Tensor, number | null>();
  for (const tensor of nodes)
    axes.set(
      tensor,
      rule(
        tensor,
        tensor.inputs.map((x) => axes.get(x) ?? null),
      ),
    );
  const own = axes.get(origin) ?? null;
  const found = new Set<number>();
  if (own !== null) {
    for (const element of bad) {
      if (found.size >= MAX_ROWS) break;
      found.add(rowOf(origin.shape, own, element, rows));
    }
    return [...found];
  }
  origin.inputs.forEach((input, index) => {
    const axis = axes.get(input) ?? null;
    if (axis !== null) found.add(rowOf(input.shape, axis, greatest(inputs[index] as Values), rows));
  });
  return [...found];
}

// ---------------------------------------------------------------- evaluation

/** A step, and whether to stop before it is evaluated. */
interface Evaluation extends StepValues {
  cancelled(): boolean;
}

/** Evaluates tensors in order, rounds each value, and frees values that are no longer needed. Returns false if it was cancelled. */
function evaluate(
  nodes: readonly Tensor[],
  roots: readonly Tensor[],
  { valuesOf, cancelled }: Evaluation,
  round: (value: number) => number,
  visit: (tensor: Tensor, values: Values, inputs: readonly Values[]) => void,
): boolean {
  const values = new Map<Tensor, Values>();
  const lastUse = lastUses(nodes, roots);
  for (const tensor of nodes) {
    if (cancelled()) return false;
    const inputs = tensor.inputs.map((x) => values.get(x) as Values);
    const { op } = tensor;
    const isLeaf = op.kind === "state" || op.kind === "input";
    const result = isLeaf ? leaf(tensor, valuesOf(op.name)) : kernelOf(tensor)(inputs);
    // Some kernels return their input, which is already rounded and must not be changed.
    const rounded = tensor.dtype === "int" || inputs.includes(result) ? result : (result as Float64Array).map(round);
    visit(tensor, rounded, inputs);
    values.set(tensor, rounded);
    for (const done of lastUse.get(tensor) ?? []) values.delete(done);
  }
  return true;
}

const leaf = ({ dtype }: Tensor, values: ArrayLike<number>): Values =>
  dtype === "int" ? Int32Array.from(values) : Float64Array.from(values);

/** For each tensor, the tensors that it is the last to read. */
function lastUses(nodes: readonly Tensor[], roots: readonly Tensor[]): Map<Tensor, Tensor[]> {
  const reader = new Map<Tensor, Tensor>();
  for (const tensor of nodes) for (const input of tensor.inputs) reader.set(input, tensor);
  const uses = new Map<Tensor, Tensor[]>();
  for (const [input, tensor] of reader) {
    if (roots.includes(input)) continue;
    const done = uses.get(tensor);
    if (done) done.push(input);
    else uses.set(tensor, [input]);
  }
  return uses;
}

const isBad = (values: Values): boolean => values instanceof Float64Array && !values.every(Number.isFinite);

function mostAlive(nodes: readonly Tensor[], roots: readonly Tensor[]): number {
  const lastUse = lastUses(nodes, roots);
  let alive = 0;
  let most = 0;
  for (const tensor of nodes) {
    alive += sizeOf(tensor.shape);
    most = Math.max(most, alive);
    for (const done of lastUse.get(tensor) ?? []) alive -= sizeOf(done.shape);
  }
  return most;
}

/** Operations of all tensors: for a sum the size of its input, for a matrix product its number of terms. */
function workOf(nodes: readonly Tensor[]): number {
  return nodes.reduce((total, { op, inputs: [first], shape }) => {
    if (op.kind === "sum" || op.kind === "max" || op.kind === "scatter_add") return total + sizeOf((first as Tensor).shape);
    const terms = op.kind === "matmul" ? ((first as Tensor).shape.at(op.transposeA ? -2 : -1) as number) : 1;
    return total + sizeOf(shape) * terms;
  }, 0);
}
