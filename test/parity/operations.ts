/** Every case of ops.json, output and gradients, for any executor. */
import { describe, expect, test } from "vitest";
import { createLoss, graph as g, grad, type LossSpec, nn, type Tensor } from "../../src/engine/index.ts";
import { type Executor, expectClose, type GoldenTensor, readGolden } from "./golden.ts";

interface Case {
  readonly op: string;
  readonly attrs: Attributes;
  readonly inputs: readonly GoldenTensor[];
  readonly ints: Readonly<Record<string, GoldenTensor>>;
  readonly output: GoldenTensor;
  readonly cotangent: GoldenTensor | null;
  readonly grads: readonly (GoldenTensor | null)[] | null;
}

/** An operation's attributes, as PyTorch names them; each adapter knows which ones its operation has. */
interface Attributes {
  /** One axis or several. */
  readonly dim: never;
  readonly keepdim: boolean;
  readonly unbiased: boolean;
  readonly negative_slope: number;
  readonly approximate: "none" | "tanh";
  readonly min: number;
  readonly max: number;
  readonly exponent: number;
  readonly dims: readonly number[];
  readonly shape: readonly number[];
  readonly ranges: readonly (readonly [number, number, number])[];
  readonly eps: number;
  readonly stride: number;
  readonly padding: number;
  readonly kernel_size: number;
}
type Adapter = (inputs: readonly Tensor[], attrs: Attributes, ints: Readonly<Record<string, Tensor>>) => Tensor;

const unary =
  (f: (x: Tensor) => Tensor): Adapter =>
  ([x]) =>
    f(x as Tensor);
const binary =
  (f: (a: Tensor, b: Tensor) => Tensor): Adapter =>
  ([a, b]) =>
    f(a as Tensor, b as Tensor);
const reduction =
  (f: (x: Tensor, axes: readonly number[], keepdim: boolean) => Tensor): Adapter =>
  ([x], { dim, keepdim }) =>
    f(x as Tensor, dim, keepdim);
const loss =
  (type: LossSpec["type"]): Adapter =>
  ([prediction, own], attrs, { target }) =>
    createLoss({ ...attrs, type } as unknown as LossSpec)(prediction as Tensor, own ?? (target as Tensor));

/** torch.matmul: operands of one axis are a row or a column. */
function matmul(a: Tensor, b: Tensor): Tensor {
  const left = a.shape.length === 1 ? g.reshape(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? g.reshape(b, [...b.shape, 1]) : b;
  const product = g.matmul(left, right);
  const kept = [...(a.shape.length === 1 ? [] : [product.shape[0]]), ...(b.shape.length === 1 ? [] : [product.shape[1]])];
  return a.shape.length === 1 || b.shape.length === 1 ? g.reshape(product, kept as number[]) : product;
}

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  add: binary(g.add),
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div),
  maximum: binary(g.maximum),
  minimum: binary(g.minimum),
  neg: unary(g.neg),
  exp: unary(g.exp),
  log: unary(g.log),
  log1p: unary(g.log1p),
  sqrt: unary(g.sqrt),
  rsqrt: unary(g.rsqrt),
  abs: unary(g.abs),
  square: unary(nn.square),
  sin: unary(g.sin),
  cos: unary(g.cos),
  erf: unary(g.erf),
  reciprocal: unary(nn.reciprocal),
  relu: unary(nn.relu),
  sigmoid: unary(g.sigmoid),
  tanh: unary(g.tanh),
  silu: unary(nn.silu),
  softplus: unary(nn.softplus),
  elu: unary(nn.elu),
  selu: unary(nn.selu),
  hardtanh: unary(nn.hardtanh),
  mish: unary(nn.mish),
  logsigmoid: unary(nn.logsigmoid),
  leaky_relu: ([x], { negative_slope }) => nn.leakyRelu(x as Tensor, negative_slope),
  gelu: ([x], { approximate }) => nn.gelu(x as Tensor, approximate),
  clamp: ([x], { min, max }) => nn.clamp(x as Tensor, min, max),
  pow: ([x], { exponent }) => nn.pow(x as Tensor, exponent),
  matmul: binary(matmul),
  linear: ([x, weight, bias]) => nn.linear(x as Tensor, weight as Tensor, bias),
  transpose: ([x]) => g.permute(x as Tensor, [1, 0]),
  permute: ([x], { dims }) => g.permute(x as Tensor, dims),
  reshape: ([x], { shape }) => g.reshape(x as Tensor, shape),
  sum: reduction(g.sum),
  mean: reduction(nn.mean),
  amax: reduction(g.max),
  amin: reduction(nn.min),
  var: ([x], { dim, keepdim, unbiased }) => nn.variance(x as Tensor, dim, keepdim, unbiased),
  logsumexp: reduction(nn.logsumexp),
  softmax: ([x], { dim }) => nn.softmax(x as Tensor, dim),
  log_softmax: ([x], { dim }) => nn.logSoftmax(x as Tensor, dim),
  cat: (inputs, { dim }) => nn.cat(inputs, dim),
  slice: ([x], { ranges }) =>
    g.slice(
      x as Tensor,
      ranges.map(([start, stop, step]) => ({ start, stop, step })),
    ),
  embedding: ([weight], _, { indices }) => nn.embedding(weight as Tensor, indices as Tensor),
  gather: ([x], { dim }, { index }) => nn.gatherElements(x as Tensor, dim, index as Tensor),
  where: ([a, b], _, { condition }) => g.where(condition as Tensor, a as Tensor, b as Tensor),
  layer_norm: ([x, weight, bias], { eps }) => nn.layerNorm(x as Tensor, weight as Tensor, bias as Tensor, eps),
  batch_norm_train: ([x, weight, bias], { eps }) => nn.batchNorm(x as Tensor, weight as Tensor, bias as Tensor, eps).output,
  conv1d: ([x, weight, bias], attrs) => nn.conv1d(x as Tensor, weight as Tensor, bias, attrs),
  conv2d: ([x, weight, bias], attrs) => nn.conv2d(x as Tensor, weight as Tensor, bias, attrs),
  max_pool2d: ([x], { kernel_size }) => nn.maxPool2d(x as Tensor, kernel_size),
  avg_pool2d: ([x], { kernel_size }) => nn.avgPool2d(x as Tensor, kernel_size),
  mse_loss: loss("mse"),
  l1_loss: loss("l1"),
  huber_loss: loss("huber"),
  smooth_l1_loss: loss("smooth_l1"),
  bce_loss: loss("bce"),
  bce_with_logits_loss: loss("bce_with_logits"),
  cross_entropy_loss: loss("cross_entropy"),
  nll_loss: loss("nll"),
};

/** Operations whose integers are rows to fetch; all others take theirs as floats. */
const TAKES_INTS: ReadonlySet<string> = new Set(["embedding"]);

/**
 * Operations whose gradient is a difference of cotangents that nearly cancel: y (ct - Σ ct y) where one y is nearly 1.
 * PyTorch's own float32 is 8e-6 of the largest gradient off in one of these cases.
 */
const CANCELLING: ReadonlySet<string> = new Set(["softmax"]);

const { cases } = readGolden<{ cases: readonly Case[] }>("ops");

const label = ({ op, attrs, inputs }: Case): string =>
  `${op} ${inputs.map(({ shape }) => `[${shape}]`).join(" ")} ${JSON.stringify(attrs)}`;

export function describeOperations(executor: Executor): void {
  describe(`operations of PyTorch by the ${executor.name}`, () => {
    test("all cases of the file have an adapter, and all adapters a case", () => {
      expect(cases.length).toBe(160);
      expect(Object.keys(ADAPTERS).sort()).toEqual([...new Set(cases.map(({ op }) => op))].sort());
    });
    let ran = 0;
    cases.forEach((entry, index) => {
      test(`${index}: ${label(entry)}`, () => {
        check(entry, executor);
        ran += 1;
      });
    });
    test("every case ran", () => {
      expect(ran).toBe(160);
    });
  });
}

function check({ op, attrs, inputs, ints, output, cotangent, grads }: Case, executor: Executor): void {
  const tensors = inputs.map(({ shape }, i) => g.input(`x${i}`, shape));
  const others = Object.entries(ints).map(
    ([name, { shape }]) => [name, g.input(name, shape, TAKES_INTS.has(op) ? "int" : "float")] as const,
  );
  const y = (ADAPTERS[op] as Adapter)(tensors, attrs, Object.fromEntries(others));
  expect(y.shape).toEqual(output.shape);
  const gradients = cotangent ? grad(g.sum(g.mul(y, g.input("cotangent", y.shape))), tensors) : [];
  const named = Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient]));
  const executable = executor.execute({ main: { outputs: { y, ...named, ...keep(tensors) } } });
  const values = executable.step("main", {
    ...Object.fromEntries(inputs.map(({ data }, i) => [`x${i}`, data])),
    ...Object.fromEntries(Object.entries(ints).map(([name, { data }]) => [name, data])),
    ...(cotangent && { cotangent: cotangent.data }),
  });
  expectClose(values.y as number | Float64Array, output.data, executor, "output");
  expect(gradients.length).toBe(grads?.length ?? 0);
  const cotangentSize = Math.max(0, ...(cotangent?.data ?? []).map(Math.abs));
  grads?.forEach((expected, i) => {
    const actual = values[`gradient ${i}`] as number | Float64Array;
    const zeros = () => new Array<number>(g.sizeOf((inputs[i] as GoldenTensor).shape)).fill(0);
    expectClose(actual, expected?.data ?? zeros(), executor, `gradient ${i}`, CANCELLING.has(op) ? cotangentSize : 0);
  });
}

/** Inputs as outputs too, so that one on which nothing depends can be fed all the same. */
const keep = (tensors: readonly Tensor[]) => Object.fromEntries(tensors.map((x, i) => [`input ${i}`, g.add(x, 0)]));
