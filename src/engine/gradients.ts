/**
 * Reverse-mode differentiation as a graph transformation: one vector-Jacobian rule per primitive. The rules are built from
 * primitives, so gradients can be differentiated again. Conventions at kinks and ties are PyTorch's. Knows nothing of how
 * graphs are evaluated.
 */
import {
  add,
  broadcast,
  constant,
  cos,
  div,
  equal,
  exp,
  GraphError,
  gather,
  less,
  matmul,
  mul,
  neg,
  type Operand,
  type Operation,
  pad,
  permute,
  reshape,
  type Shape,
  scatterAdd,
  sign,
  sin,
  sizeOf,
  slice,
  sub,
  sum,
  type Tensor,
  type UnaryFunction,
  where,
} from "./graph.ts";
import { reachable } from "./graph-walk.ts";
import { currentScope, withScope } from "./scope.ts";

type Kind = Operation["kind"];
type OperationOf<K extends Kind> = Extract<Operation, { readonly kind: K }>;

/**
 * Returns the gradient of a scalar `output` with respect to each tensor of `wrt`. Each gradient has the shape of its tensor
 * and is zero where the output does not depend on it. A tensor of `wrt` may depend on another one: the gradient then also
 * flows through it. Throws a GraphError if the output is not a scalar float or a tensor of `wrt` is not a float.
 */
export function grad(output: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (output.shape.length > 0) throw new GraphError(`grad takes a scalar, not [${output.shape.join(", ")}]`);
  if ([output, ...wrt].some(({ dtype }) => dtype !== "float")) throw new GraphError("only floats have gradients");
  const dependent = dependents(output, wrt);
  const reached = new Set(dependent);
  const cotangents = new Map<Tensor, Tensor>([[output, constant(1)]]);
  // Reverse topological order: all consumers of a tensor have contributed before the tensor is processed.
  for (const tensor of dependent.toReversed()) {
    const cotangent = cotangents.get(tensor);
    if (cotangent) contribute(tensor, cotangent, reached, cotangents);
  }
  return wrt.map((tensor) => cotangents.get(tensor) ?? splat(0, tensor.shape));
}

/** The tensors on a path from `wrt` to the output, in topological order. */
function dependents(output: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const found = new Set<Tensor>(wrt);
  const nodes = reachable([output]);
  for (const tensor of nodes) if (tensor.inputs.some((x) => found.has(x))) found.add(tensor);
  return nodes.filter((tensor) => found.has(tensor));
}

function contribute(tensor: Tensor, cotangent: Tensor, dependent: ReadonlySet<Tensor>, cotangents: Map<Tensor, Tensor>): void {
  tensor.inputs.forEach((source, index) => {
    if (!dependent.has(source)) return;
    const contribution = withScope({ ...(tensor.scope ?? currentScope()), part: "gradient" }, () =>
      applyRule(tensor, cotangent, index),
    );
    if (!contribution) return;
    const existing = cotangents.get(source);
    cotangents.set(source, existing ? plus(existing, contribution) : contribution);
  });
}

// ---------------------------------------------------------------- rules

/** Returns the cotangent of input `index` of `y`, given that of y; undefined where no gradient flows. */
type Rule<K extends Kind> = (cotangent: Tensor, y: Tensor, op: OperationOf<K>, index: number) => Tensor | undefined;

const none = (): undefined => undefined;

const UNARY: Readonly<Record<UnaryFunction, (ct: Tensor, x: Tensor, y: Tensor) => Tensor | undefined>> = {
  neg: (ct) => minus(ct),
  abs: (ct, x) => times(ct, sign(x)),
  sign: none,
  exp: (ct, _, y) => times(ct, y),
  log: (ct, x) => over(ct, x),
  log1p: (ct, x) => over(ct, add(x, 1)),
  sqrt: (ct, _, y) => over(times(ct, 0.5), y),
  rsqrt: (ct, _, y) => times(times(ct, -0.5), mul(mul(y, y), y)),
  sin: (ct, x) => times(ct, cos(x)),
  cos: (ct, x) => times(minus(ct), sin(x)),
  tanh: (ct, _, y) => times(ct, sub(1, mul(y, y))),
  sigmoid: (ct, _, y) => times(ct, mul(y, sub(1, y))),
  erf: (ct, x) => times(times(ct, 2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x)))),
};

/** The larger (or smaller) operand gets the cotangent; equal operands get half of it each. */
const extremum = (ct: Tensor, loses: Tensor, a: Tensor, b: Tensor): Tensor =>
  where(loses, 0, where(equal(a, b), times(ct, 0.5), ct));

type BinaryRule = (ct: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor | undefined;

/** One rule per operand. */
const BINARY: Readonly<Record<OperationOf<"binary">["fn"], readonly [BinaryRule, BinaryRule]>> = {
  add: [(ct) => ct, (ct) => ct],
  sub: [(ct) => ct, (ct) => minus(ct)],
  mul: [(ct, _, b) => times(ct, b), (ct, a) => times(ct, a)],
  div: [(ct, _, b) => over(ct, b), (ct, _, b, y) => times(minus(ct), over(y, b))],
  maximum: [(ct, a, b) => extremum(ct, less(a, b), a, b), (ct, a, b) => extremum(ct, less(b, a), a, b)],
  minimum: [(ct, a, b) => extremum(ct, less(b, a), a, b), (ct, a, b) => extremum(ct, less(a, b), a, b)],
  less: [none, none],
  less_equal: [none, none],
  equal: [none, none],
};

const RULES: { readonly [K in Kind]: Rule<K> } = {
  input: none,
  state: none,
  constant: none,
  unary: (ct, y, { fn }) => UNARY[fn](ct, y.inputs[0] as Tensor, y),
  binary: (ct, y, { fn }, index) => {
    const [a, b] = y.inputs as [Tensor, Tensor];
    return (BINARY[fn][index] as BinaryRule)(ct, a, b, y);
  },
  where: (ct, { inputs: [condition] }, _, index) => {
    if (index === 0) return undefined;
    return index === 1 ? where(condition as Tensor, ct, 0) : where(condition as Tensor, 0, ct);
  },
  sum: (ct, { inputs: [x] }) => spread(ct, (x as Tensor).shape),
  max: (ct, y, { axes }) => {
    const [x] = y.inputs as [Tensor];
    const winners = equal(x, y);
    return times(spread(over(ct, sum(winners, axes, true)), x.shape), winners);
  },
  // With C = A'B': dA' = dC B'ᵀ and dB' = A'ᵀ dC, and for a transposed operand the transpose of that product.
  matmul: (ct, { inputs: [a, b] }, { transposeA, transposeB }, index) => {
    if (index === 0) {
      return transposeA
        ? matmul(b as Tensor, ct, { transposeA: transposeB, transposeB: true })
        : matmul(ct, b as Tensor, { transposeB: !transposeB });
    }
    return transposeB
      ? matmul(ct, a as Tensor, { transposeA: true, transposeB: transposeA })
      : matmul(a as Tensor, ct, { transposeA: !transposeA });
  },
  reshape: (ct, { inputs: [x] }) => reshaped(ct, (x as Tensor).shape),
  permute: (ct, _, { axes }) =>
    permute(
      ct,
      axes.map((_, axis) => axes.indexOf(axis)),
    ),
  broadcast: (ct, { inputs: [x] }) => unbroadcast(ct, (x as Tensor).shape),
  slice: (ct, { inputs: [x], shape }, { ranges }) =>
    pad(
      ct,
      ranges.map(({ start, step }, axis) => {
        const last = start + ((shape[axis] as number) - 1) * step;
        return { low: start, high: ((x as Tensor).shape[axis] as number) - 1 - last, interior: step - 1 };
      }),
    ),
  pad: (ct, { inputs: [x] }, { ranges }) =>
    slice(
      ct,
      ranges.map(({ low, interior }, axis) => {
        const step = interior + 1;
        return { start: low, stop: low + (((x as Tensor).shape[axis] as number) - 1) * step + 1, step };
      }),
    ),
  gather: (ct, { inputs: [data, indices] }, _, index) =>
    index === 0 ? scatterAdd(ct, indices as Tensor, (data as Tensor).shape[0] as number) : undefined,
  scatter_add: (ct, { inputs: [, indices] }, _, index) => (index === 0 ? gather(ct, indices as Tensor) : undefined),
  uniform: none,
  custom_gradient: (ct, { inputs }, { count }, index) =>
    index >= 1 && index <= count ? times(ct, inputs[index + count] as Tensor) : undefined,
};

function applyRule<K extends Kind>(y: Tensor, cotangent: Tensor, index: number): Tensor | undefined {
  const op = y.op as OperationOf<K>;
  return RULES[op.kind as K](cotangent, y, op, index);
}

/** Sums a cotangent back to the shape before a broadcast. Nothing else does this. */
function unbroadcast(ct: Tensor, shape: Shape): Tensor {
  const value = uniformValue(ct);
  if (value !== undefined) return splat(value * (sizeOf(ct.shape) / sizeOf(shape)), shape);
  const lead = ct.shape.length - shape.length;
  const repeated = ct.shape.flatMap((size, axis) => (axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : []));
  return reshape(sum(ct, repeated, true), shape);
}

// ---------------------------------------------------------------- constant folding while building

/** A constant broadcast to a shape. */
const splat = (value: number, shape: Shape): Tensor => broadcast(constant(value), shape);

/** The common value of all elements of a tensor, if the graph alone determines it. */
function uniformValue({ op, inputs: [x] }: Tensor): number | undefined {
  if (op.kind === "broadcast" || op.kind === "reshape") return uniformValue(x as Tensor);
  return op.kind === "constant" && op.values.length === 1 ? op.values[0] : undefined;
}

const valueOfOperand = (x: Operand): number | undefined => (typeof x === "number" ? x : uniformValue(x));

function minus(a: Tensor): Tensor {
  const value = uniformValue(a);
  return value === undefined ? neg(a) : splat(-value, a.shape);
}

function plus(a: Tensor, b: Tensor): Tensor {
  const [x, y] = [uniformValue(a), uniformValue(b)];
  return x !== undefined && y !== undefined ? splat(x + y, a.shape) : add(a, b);
}

/** a·b, where a has the shape of the product. */
function times(a: Tensor, b: Operand): Tensor {
  const [x, y] = [uniformValue(a), valueOfOperand(b)];
  if (x !== undefined && y !== undefined) return splat(x * y, a.shape);
  if (y === 1) return a;
  if (y === -1) return neg(a);
  if (x === 1 && typeof b !== "number") return broadcast(b, a.shape);
  if (x === -1 && typeof b !== "number") return neg(broadcast(b, a.shape));
  return mul(a, b);
}

/** a/b, where a has the shape of the quotient. */
function over(a: Tensor, b: Tensor): Tensor {
  const [x, y] = [uniformValue(a), uniformValue(b)];
  return x !== undefined && y !== undefined ? splat(x / y, a.shape) : div(a, b);
}

function spread(x: Tensor, shape: Shape): Tensor {
  const value = uniformValue(x);
  return value === undefined ? broadcast(x, shape) : splat(value, shape);
}

function reshaped(x: Tensor, shape: Shape): Tensor {
  const value = uniformValue(x);
  return value === undefined ? reshape(x, shape) : splat(value, shape);
}
