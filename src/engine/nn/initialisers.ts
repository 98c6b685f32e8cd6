/** Initial values of parameters: torch.nn.init, with the engine's own random streams. The table has one entry per initialiser. */
import { GraphError, type Shape, sizeOf } from "../graph.ts";
import type { Random } from "../random.ts";

export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leaky_relu" | "selu";

interface Kaiming {
  readonly mode?: "fan_in" | "fan_out" | undefined;
  readonly nonlinearity?: Nonlinearity | undefined;
  /** Negative slope of leaky_relu. */
  readonly a?: number | undefined;
}

interface Xavier {
  readonly gain?: number | undefined;
}

/** The options of each initialiser, with torch.nn.init's names and defaults. */
interface Options {
  readonly kaiming_normal: Kaiming;
  readonly kaiming_uniform: Kaiming;
  readonly xavier_normal: Xavier;
  readonly xavier_uniform: Xavier;
  readonly normal: { readonly mean?: number | undefined; readonly std?: number | undefined };
  readonly uniform: { readonly a?: number | undefined; readonly b?: number | undefined };
  readonly zeros: object;
  readonly ones: object;
  readonly constant: { readonly value?: number | undefined };
}

type Name = keyof Options;

/** An initialiser's name, for its defaults, or an object with its options. `default` is the layer's own initialiser. */
export type InitialiserSpec =
  | Name
  | "default"
  | { readonly type: "default" }
  | { readonly [N in Name]: { readonly type: N } & Options[N] }[Name];

/** Draws the row-major initial values of a parameter from a stream. */
export type Initialise = (random: Random) => Float64Array;

/**
 * torch.nn.init.calculate_gain: the recommended factor for the standard deviation of weights before a nonlinearity. `param`
 * is the negative slope of leaky_relu.
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  return GAINS[nonlinearity](param);
}

const GAINS: Readonly<Record<Nonlinearity, (param: number) => number>> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
};

const uniformOver =
  (low: number, high: number) =>
  (shape: Shape): Initialise =>
  (random) =>
    Float64Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.uniform());

const normalOf =
  (mean: number, std: number) =>
  (shape: Shape): Initialise =>
  (random) =>
    Float64Array.from({ length: sizeOf(shape) }, () => mean + std * random.normal());

const filled =
  (value: number) =>
  (shape: Shape): Initialise =>
  () =>
    new Float64Array(sizeOf(shape)).fill(value);

/** He et al., "Delving deep into rectifiers", 2015. */
function kaimingStd(shape: Shape, { mode = "fan_in", nonlinearity = "leaky_relu", a = 0 }: Kaiming): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fansOf(shape)[mode]);
}

/** Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. */
function xavierStd(shape: Shape, { gain = 1 }: Xavier): number {
  const { fan_in, fan_out } = fansOf(shape);
  return gain * Math.sqrt(2 / (fan_in + fan_out));
}

/** A uniform distribution over ±√3 std has that standard deviation. */
const uniformOfStd = (std: number, shape: Shape): Initialise => uniformOver(-Math.sqrt(3) * std, Math.sqrt(3) * std)(shape);

const INITIALISERS: { readonly [N in Name]: (shape: Shape, options: Options[N]) => Initialise } = {
  kaiming_normal: (shape, options) => normalOf(0, kaimingStd(shape, options))(shape),
  kaiming_uniform: (shape, options) => uniformOfStd(kaimingStd(shape, options), shape),
  xavier_normal: (shape, options) => normalOf(0, xavierStd(shape, options))(shape),
  xavier_uniform: (shape, options) => uniformOfStd(xavierStd(shape, options), shape),
  normal: (shape, { mean = 0, std = 1 }) => normalOf(mean, std)(shape),
  uniform: (shape, { a = 0, b = 1 }) => uniformOver(a, b)(shape),
  zeros: (shape) => filled(0)(shape),
  ones: (shape) => filled(1)(shape),
  constant: (shape, { value = 0 }) => filled(value)(shape),
};

/**
 * Returns the function that draws a parameter of `shape` ([out, in, ...] for weights). "default" stands for `fallback`.
 * Throws a GraphError if the initialiser needs a fan and the shape has fewer than two axes.
 */
export function initialiser(spec: InitialiserSpec | undefined, shape: Shape, fallback: InitialiserSpec): Initialise {
  const given = typeof spec === "string" ? { type: spec } : (spec ?? { type: "default" as const });
  if (given.type === "default") return initialiser(fallback, shape, fallback);
  return initialiserOf(given.type, shape, given);
}

function initialiserOf<N extends Name>(name: N, shape: Shape, options: Options[N]): Initialise {
  return INITIALISERS[name](shape, options);
}

function fansOf(shape: Shape): { fan_in: number; fan_out: number } {
  if (shape.length < 2) throw new GraphError("kaiming and xavier initialisers need at least two axes, as weights have");
  const [out, channels, ...kernel] = shape as [number, number, ...number[]];
  return { fan_in: channels * sizeOf(kernel), fan_out: out * sizeOf(kernel) };
}
