/**
 * Simplifies a program without changing its bits: constant folding, algebraic identities that are exact in floating point,
 * common subexpression elimination, removal of custom-gradient nodes, and dead code elimination. Knows values; knows nothing
 * of loops or memory.
 *
 * Only correctly rounded operations are folded. exp and the like are not, so that the bits do not depend on the host's Math.
 */
import { broadcastShapes, type Operation, type Shape, sameShape, sizeOf, type Tensor } from "../../graph.ts";
import { type Program, rebuild, textOf } from "../../program.ts";

type Kind = Operation["kind"];
type OperationOf<K extends Kind> = Extract<Operation, { readonly kind: K }>;

/** Returns the simplified program, whose new tensors have ids in topological order: not dense, since rewriting leaves some behind. */
export function simplify(program: Program): Program {
  const builder = new Builder();
  return rebuild(program, ({ op, shape, dtype }, inputs) => builder.rewrite(op, inputs, shape, dtype));
}

/** The common value of all elements, if the graph alone determines it. */
export function uniformValue({ op, inputs: [x] }: Tensor): number | undefined {
  if (op.kind === "broadcast" || op.kind === "reshape") return uniformValue(x as Tensor);
  return op.kind === "constant" && op.values.length === 1 ? op.values[0] : undefined;
}

/** Builds tensors, and returns the existing one for equal operations. */
class Builder {
  readonly #known = new Map<string, Tensor>();
  /** Elementwise operations of one or two inputs, by their functions and the ids of the inputs. */
  readonly #elementwise = new Map<string, Map<number, Tensor>>();
  #count = 0;

  /** Returns the simplest tensor with the value of this operation. */
  rewrite(op: Operation, inputs: readonly Tensor[], shape: Shape, dtype: Tensor["dtype"]): Tensor {
    // Ints are addresses, not numbers to compute with: a list of them stays as it is.
    const simpler = op.kind === "constant" && dtype === "int" ? undefined : rule(op)(op, inputs, shape, this);
    return simpler ?? this.make(op, inputs, shape, dtype);
  }

  make(op: Operation, inputs: readonly Tensor[], shape: Shape, dtype: Tensor["dtype"]): Tensor {
    if (op.kind === "unary" || op.kind === "binary") return this.#makeElementwise(op, inputs, shape, dtype);
    const key = `${attributes(op, this.#count)}|${inputs.map(idOf).join()}|${shape.join()}|${dtype}`;
    const known = this.#known.get(key);
    if (known) return known;
    const made: Tensor = { id: this.#count++, op, inputs, shape, dtype };
    this.#known.set(key, made);
    return made;
  }

  #makeElementwise(
    op: OperationOf<"unary" | "binary">,
    inputs: readonly Tensor[],
    shape: Shape,
    dtype: Tensor["dtype"],
  ): Tensor {
    const alike = this.#elementwise.get(op.fn) ?? new Map<number, Tensor>();
    if (alike.size === 0) this.#elementwise.set(op.fn, alike);
    const [{ id: a }, { id: b }] = [inputs[0] as Tensor, inputs[inputs.length - 1] as Tensor];
    const key = a * MAX_TENSORS + b;
    const known = alike.get(key);
    if (known) return known;
    const made: Tensor = { id: this.#count++, op, inputs, shape, dtype };
    alike.set(key, made);
    return made;
  }

  scalar(value: number): Tensor {
    return this.make({ kind: "constant", values: Float64Array.of(value) }, [], [], "float");
  }

  splat(value: number, shape: Shape): Tensor {
    const scalar = this.scalar(value);
    return shape.length === 0 ? scalar : this.make({ kind: "broadcast" }, [scalar], shape, "float");
  }

  broadcast(x: Tensor, shape: Shape): Tensor {
    return sameShape(x.shape, shape) ? x : this.rewrite({ kind: "broadcast" }, [x], shape, x.dtype);
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return this.rewrite({ kind: "reshape" }, [x], shape, x.dtype);
  }

  unary(fn: OperationOf<"unary">["fn"], x: Tensor): Tensor {
    return this.rewrite({ kind: "unary", fn }, [x], x.shape, "float");
  }

  binary(fn: OperationOf<"binary">["fn"], a: Tensor, b: Tensor): Tensor {
    return this.rewrite({ kind: "binary", fn }, [a, b], a.shape, "float");
  }
}

/** More ids than a program has, and few enough that two ids fit one exact number. */
const MAX_TENSORS = 2 ** 26;

const idOf = ({ id }: Tensor): number => id;

const LARGEST_COMPARED_CONSTANT = 64;

/** Returns a string that distinguishes operations with the same inputs. Large constants are never considered equal. */
function attributes(op: Operation, unique: number): string {
  return op.kind === "constant" && op.values.length > LARGEST_COMPARED_CONSTANT ? `constant#${unique}` : textOf(op);
}

// ---------------------------------------------------------------- rules

type Rule<K extends Kind> = (
  op: OperationOf<K>,
  inputs: readonly Tensor[],
  shape: Shape,
  builder: Builder,
) => Tensor | undefined;

const keep = (): undefined => undefined;
const first = (_: Operation, inputs: readonly Tensor[]): Tensor => inputs[0] as Tensor;
const source = (tensor: Tensor): Tensor => tensor.inputs[0] as Tensor;
const isNegation = ({ op }: Tensor): boolean => op.kind === "unary" && op.fn === "neg";

const RULES: { readonly [K in Kind]: Rule<K> } = {
  input: keep,
  state: keep,
  constant: (op, _, shape, builder) => {
    const [value] = op.values as unknown as [number];
    const uniform = op.values.every((other) => Object.is(other, value));
    return uniform && shape.length > 0 ? builder.splat(value, shape) : undefined;
  },
  unary: (op, inputs, shape, builder) => {
    const [x] = inputs as [Tensor];
    const value = uniformValue(x);
    const fold = FOLDED_UNARY[op.fn];
    if (value !== undefined && fold) return builder.splat(fold(value), shape);
    if (op.fn === "neg" && isNegation(x)) return source(x);
    if (op.fn === "abs" && (isNegation(x) || (x.op.kind === "unary" && x.op.fn === "abs")))
      return builder.unary("abs", source(x));
    return beneathBroadcast(op, inputs, shape, builder);
  },
  binary: (op, inputs, shape, builder) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const [x, y] = [uniformValue(a), uniformValue(b)];
    if (x !== undefined && y !== undefined) return builder.splat(FOLDED_BINARY[op.fn](x, y), shape);
    return IDENTITIES[op.fn]?.(a, b, x, y, builder) ?? beneathBroadcast(op, inputs, shape, builder);
  },
  where: (op, inputs, shape, builder) => {
    const [condition, a, b] = inputs as [Tensor, Tensor, Tensor];
    const value = uniformValue(condition);
    if (a === b) return a;
    if (value !== undefined) return value !== 0 ? a : b;
    return beneathBroadcast(op, inputs, shape, builder);
  },
  sum: (op, inputs, shape, builder) => overUnitAxes(op, inputs, shape, builder),
  max: (op, inputs, shape, builder) => overUnitAxes(op, inputs, shape, builder),
  // Swapping the last two axes becomes a transpose flag.
  matmul: (op, inputs, shape, builder) => {
    const [a, b] = inputs as [Tensor, Tensor];
    if (!swapsLastAxes(a) && !swapsLastAxes(b)) return undefined;
    return builder.rewrite(
      {
        kind: "matmul",
        transposeA: op.transposeA !== swapsLastAxes(a),
        transposeB: op.transposeB !== swapsLastAxes(b),
      },
      [a, b].map((operand) => (swapsLastAxes(operand) ? source(operand) : operand)),
      shape,
      "float",
    );
  },
  reshape: (_, inputs, shape, builder) => {
    const [x] = inputs as [Tensor];
    const value = uniformValue(x);
    if (sameShape(x.shape, shape)) return x;
    if (value !== undefined) return builder.splat(value, shape);
    return x.op.kind === "reshape" ? builder.reshape(source(x), shape) : undefined;
  },
  permute: ({ axes }, inputs, shape, builder) => {
    const [x] = inputs as [Tensor];
    if (axes.every((axis, index) => axis === index)) return x;
    const moved = axes.filter((axis) => x.shape[axis] !== 1);
    if (moved.every((axis, index) => index === 0 || axis > (moved[index - 1] as number))) return builder.reshape(x, shape);
    if (x.op.kind !== "permute") return undefined;
    const inner = x.op.axes;
    const composed = axes.map((axis) => inner[axis] as number);
    return builder.rewrite({ kind: "permute", axes: composed }, [source(x)], shape, x.dtype);
  },
  broadcast: (_, inputs, shape, builder) => {
    const [x] = inputs as [Tensor];
    if (sameShape(x.shape, shape)) return x;
    if (x.op.kind === "broadcast") return builder.broadcast(source(x), shape);
    const value = uniformValue(x);
    if (value !== undefined) return builder.splat(value, shape);
    // Adding axes of size 1 on the left repeats nothing.
    return sizeOf(x.shape) === sizeOf(shape) ? builder.reshape(x, shape) : undefined;
  },
  slice: (op, inputs, shape) => {
    const [x] = inputs as [Tensor];
    return sameShape(x.shape, shape) && op.ranges.every(({ start }) => start === 0) ? x : undefined;
  },
  pad: (_, inputs, shape) => (sameShape((inputs[0] as Tensor).shape, shape) ? inputs[0] : undefined),
  gather: keep,
  scatter_add: keep,
  uniform: keep,
  custom_gradient: first,
};

function rule<K extends Kind>(op: OperationOf<K>): Rule<K> {
  return RULES[op.kind as K];
}

const swapsLastAxes = ({ op }: Tensor): boolean =>
  op.kind === "permute" &&
  op.axes.every((axis, index) => axis === (index < op.axes.length - 2 ? index : 2 * op.axes.length - 3 - index));

const FOLDED_UNARY: Readonly<Partial<Record<OperationOf<"unary">["fn"], (x: number) => number>>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
};

const FOLDED_BINARY: Readonly<Record<OperationOf<"binary">["fn"], (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  less: (a, b) => Number(a < b),
  less_equal: (a, b) => Number(a <= b),
  equal: (a, b) => Number(a === b),
};

type Identity = (a: Tensor, b: Tensor, x: number | undefined, y: number | undefined, builder: Builder) => Tensor | undefined;

/** Identities that hold for every float, including NaN, infinities and both zeros. */
const IDENTITIES: Readonly<Partial<Record<OperationOf<"binary">["fn"], Identity>>> = {
  add: (a, b, x, y, builder) => {
    if (Object.is(y, -0)) return a;
    if (Object.is(x, -0)) return b;
    if (isNegation(b)) return builder.binary("sub", a, source(b));
    return isNegation(a) ? builder.binary("sub", b, source(a)) : undefined;
  },
  sub: (a, b, _, y, builder) => {
    if (Object.is(y, 0)) return a;
    return isNegation(b) ? builder.binary("add", a, source(b)) : undefined;
  },
  mul: (a, b, x, y, builder) => {
    if (y === 1) return a;
    if (x === 1) return b;
    if (y === -1) return builder.unary("neg", a);
    if (x === -1) return builder.unary("neg", b);
    if (isNegation(a) && isNegation(b)) return builder.binary("mul", source(a), source(b));
    // Canonical order, so that equal products are shared: constants and older tensors on the right.
    return x !== undefined || (y === undefined && a.id < b.id) ? builder.make(MUL, [b, a], a.shape, "float") : undefined;
  },
  div: (a, _, __, y, builder) => {
    if (y === 1) return a;
    if (y === -1) return builder.unary("neg", a);
    return y !== undefined && isPowerOfTwo(y) ? builder.binary("mul", a, builder.splat(1 / y, a.shape)) : undefined;
  },
};

const MUL: Operation = { kind: "binary", fn: "mul" };

/** Dividing by a power of two equals multiplying by its reciprocal, exactly. */
const isPowerOfTwo = (value: number): boolean =>
  Number.isInteger(Math.log2(Math.abs(value))) && Math.abs(Math.log2(Math.abs(value))) < 120;

function overUnitAxes(op: OperationOf<"sum" | "max">, inputs: readonly Tensor[], shape: Shape, builder: Builder) {
  const [x] = inputs as [Tensor];
  const axes = op.axes.filter((axis) => x.shape[axis] !== 1);
  if (axes.length === 0) return builder.reshape(x, shape);
  return axes.length < op.axes.length ? builder.rewrite({ kind: op.kind, axes }, inputs, shape, "float") : undefined;
}

/** Rewrites f(broadcast a, broadcast b) to broadcast f(a, b), which computes each element once instead of once per repetition. */
function beneathBroadcast(op: Operation, inputs: readonly Tensor[], shape: Shape, builder: Builder): Tensor | undefined {
  if (!inputs.some((x) => x.op.kind === "broadcast")) return undefined;
  const sources = inputs.map((x) => (x.op.kind === "broadcast" ? source(x) : x));
  const common = broadcastShapes(sources.map((x) => x.shape));
  if (sizeOf(common) === sizeOf(shape)) return undefined;
  const small = sources.map((x) => builder.broadcast(x, common));
  return builder.broadcast(builder.rewrite(op, small, common, "float"), shape);
}
