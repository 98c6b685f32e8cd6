/**
 * The elementwise functions on four float32 lanes, as WebAssembly instructions: one entry per function of graph.ts. Knows
 * vectors in locals; knows nothing of tensors, loops or memory.
 *
 * The error bounds above each function are in units in the last place of the result (ulp).
 * test/engine/compiler/codegen/math.test.ts measures them against float64. Every function is correct at 0, -0, subnormals,
 * infinities and NaN unless stated otherwise. There is no fused multiply-add: every product and every sum is rounded, on
 * every machine.
 */
import type { BinaryFunction, UnaryFunction } from "../../graph.ts";
import type { Local } from "../wasm/assembler.ts";
import type { VectorInstruction } from "../wasm/opcodes.ts";

/** Appends instructions for the functions below. Each method returns the local with its result. */
export interface VectorCode {
  /** Appends an instruction on these operands. */
  op(instruction: VectorInstruction, ...operands: readonly Local[]): Local;
  /** Shifts each 32-bit lane by a constant count. */
  shift(instruction: "i32x4.shl" | "i32x4.shr_s" | "i32x4.shr_u", operand: Local, count: number): Local;
  /** Four equal float32 lanes. */
  float(value: number): Local;
  /** Four equal 32-bit patterns. */
  bits(pattern: number): Local;
}

const SIGN_BIT = 0x8000_0000;
const LOG2_E = Math.LOG2E;
/** ln 2 in two parts. The first has so few bits that its product with an exponent is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

/**
 * Evaluates a polynomial, coefficients from the highest power down, by Estrin's scheme: adjacent terms are combined with x,
 * pairs with x^2, and so on, so the dependency chain is logarithmic in the degree.
 */
function polynomial(v: VectorCode, x: Local, coefficients: readonly number[]): Local {
  let terms = coefficients.toReversed().map((coefficient) => v.float(coefficient));
  let power = x;
  while (terms.length > 1) {
    const factor = power;
    terms = terms.flatMap((low, index) => {
      const high = terms[index + 1];
      if (index % 2 === 1) return [];
      return [high === undefined ? low : v.op("f32x4.add", v.op("f32x4.mul", high, factor), low)];
    });
    if (terms.length > 1) power = v.op("f32x4.mul", power, power);
  }
  return terms[0] as Local;
}

/** The same by Horner's rule: a longer dependency chain with less rounding, for functions without a large leading term. */
function horner(v: VectorCode, x: Local, coefficients: readonly number[]): Local {
  const [first, ...rest] = coefficients.map((coefficient) => v.float(coefficient)) as [Local, ...Local[]];
  return rest.reduce((sum, coefficient) => v.op("f32x4.add", v.op("f32x4.mul", sum, x), coefficient), first);
}

const select = (v: VectorCode, mask: Local, whenTrue: Local, whenFalse: Local): Local =>
  v.op("v128.bitselect", whenTrue, whenFalse, mask);

/** `magnitude`, which is not negative, with the sign of `sign`. */
const copySign = (v: VectorCode, magnitude: Local, sign: Local): Local =>
  v.op("v128.or", magnitude, v.op("v128.and", sign, v.bits(SIGN_BIT)));

/** 2^n for integers n in -126..127, as float32. */
const powerOfTwo = (v: VectorCode, n: Local): Local => v.shift("i32x4.shl", v.op("i32x4.add", n, v.bits(127)), 23);

/** Adding this to a number below 2^22 in magnitude leaves the nearest integer in the low bits of the sum. */
const ROUNDING = 1.5 * 2 ** 23;
const ROUNDING_BITS = 0x4b40_0000;

/** Rounds to the nearest integer, as a float and as an int, by two additions; the dedicated instructions compile to a dozen. */
function nearest(v: VectorCode, x: Local): { n: Local; integer: Local } {
  const shifted = v.op("f32x4.add", x, v.float(ROUNDING));
  return {
    n: v.op("f32x4.sub", shifted, v.float(ROUNDING)),
    integer: v.op("i32x4.sub", shifted, v.bits(ROUNDING_BITS)),
  };
}

/**
 * e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2. The polynomial is Cephes' expf. The power of two is applied in two
 * halves, so that results from the smallest subnormal up to overflow are rounded correctly. Error at most 1.5 ulp.
 */
function exp(v: VectorCode, x: Local): Local {
  // pmin(a, b) is b < a ? b : a, which propagates NaN in the first operand.
  const clamped = v.op("f32x4.pmax", v.op("f32x4.pmin", x, v.float(89)), v.float(-104));
  const { n, integer: exponent } = nearest(v, v.op("f32x4.mul", clamped, v.float(LOG2_E)));
  const high = v.op("f32x4.sub", clamped, v.op("f32x4.mul", n, v.float(LN2_HIGH)));
  const r = v.op("f32x4.sub", high, v.op("f32x4.mul", n, v.float(LN2_LOW)));
  const tail = polynomial(
    v,
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  const power = v.op("f32x4.add", v.op("f32x4.add", v.op("f32x4.mul", tail, v.op("f32x4.mul", r, r)), r), v.float(1));
  const half = v.shift("i32x4.shr_s", exponent, 1);
  const scaled = v.op("f32x4.mul", power, powerOfTwo(v, half));
  return v.op("f32x4.mul", scaled, powerOfTwo(v, v.op("i32x4.sub", exponent, half)));
}

/**
 * log x = e ln 2 + log m with m in [sqrt(1/2), sqrt(2)), by Cephes' logf. Subnormals are scaled into the normal range first.
 * log 0 = -inf, NaN below 0. Error at most 1.5 ulp.
 */
function log(v: VectorCode, x: Local): Local {
  const subnormal = v.op("f32x4.lt", x, v.float(2 ** -126));
  const normal = v.op("f32x4.mul", x, select(v, subnormal, v.float(2 ** 23), v.float(1)));
  const offset = v.op("i32x4.sub", normal, v.bits(0x3f3504f3)); // bits of sqrt(1/2)
  const shifted = v.shift("i32x4.shr_s", offset, 23);
  const mantissa = v.op("i32x4.sub", normal, v.shift("i32x4.shl", shifted, 23));
  const exponent = v.op("f32x4.convert_i32x4_s", v.op("i32x4.sub", shifted, v.op("v128.and", subnormal, v.bits(23))));
  const f = v.op("f32x4.sub", mantissa, v.float(1));
  const square = v.op("f32x4.mul", f, f);
  const series = polynomial(
    v,
    f,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
      -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const cubic = v.op("f32x4.mul", v.op("f32x4.mul", f, square), series);
  const low = v.op("f32x4.add", cubic, v.op("f32x4.mul", exponent, v.float(LN2_LOW)));
  const correction = v.op("f32x4.sub", low, v.op("f32x4.mul", square, v.float(0.5)));
  const finite = v.op("f32x4.add", v.op("f32x4.add", f, correction), v.op("f32x4.mul", exponent, v.float(LN2_HIGH)));
  // For x not below infinity (infinity or NaN), the logarithm is x itself.
  const orInfinite = select(v, v.op("f32x4.lt", x, v.float(Infinity)), finite, x);
  const orZero = select(v, v.op("f32x4.eq", x, v.float(0)), v.float(-Infinity), orInfinite);
  return v.op("v128.or", orZero, v.op("f32x4.lt", x, v.float(0)));
}

/** log(1 + x) = log u + (x - (u - 1)) / u with u = 1 + x rounded: the second term restores what rounding lost. Error at most 2 ulp. */
function log1p(v: VectorCode, x: Local): Local {
  const u = v.op("f32x4.add", x, v.float(1));
  const lost = v.op("f32x4.sub", x, v.op("f32x4.sub", u, v.float(1)));
  const corrected = v.op("f32x4.add", log(v, u), v.op("f32x4.div", lost, u));
  const orInfinite = select(v, v.op("f32x4.lt", x, v.float(Infinity)), corrected, x);
  const orTiny = select(v, v.op("f32x4.eq", u, v.float(1)), x, orInfinite);
  return select(v, v.op("f32x4.eq", u, v.float(0)), v.float(-Infinity), orTiny);
}

/**
 * The rational approximation of degree 13 over 6 that Eigen uses, on |x| <= 7.905, and its end value up to 9.01, where tanh
 * rounds to 1. Error at most 5 ulp.
 */
function tanh(v: VectorCode, x: Local): Local {
  const limit = 7.905311107635498;
  const clamped = v.op("f32x4.pmax", v.op("f32x4.pmin", x, v.float(limit)), v.float(-limit));
  const square = v.op("f32x4.mul", clamped, clamped);
  const numerator = polynomial(
    v,
    square,
    [
      -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
      6.37261928875436e-4, 4.89352455891786e-3,
    ],
  );
  const denominator = horner(v, square, [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3]);
  const quotient = v.op("f32x4.div", v.op("f32x4.mul", numerator, clamped), denominator);
  const magnitude = v.op("f32x4.abs", x);
  const saturated = select(v, v.op("f32x4.gt", magnitude, v.float(9.01)), copySign(v, v.float(1), x), quotient);
  // Below 4e-4 the cubic term is under half an ulp, and subnormal products would lose bits.
  return select(v, v.op("f32x4.lt", magnitude, v.float(4e-4)), x, saturated);
}

/** 1 / (1 + e^-x), computed from e^-|x| so that neither tail overflows. Error at most 3 ulp. */
function sigmoid(v: VectorCode, x: Local): Local {
  const small = exp(v, v.op("v128.or", x, v.bits(SIGN_BIT)));
  const upper = v.op("f32x4.div", v.float(1), v.op("f32x4.add", small, v.float(1)));
  return select(v, v.op("f32x4.lt", x, v.float(0)), v.op("f32x4.mul", small, upper), upper);
}

/** N. Juffa's minimax polynomials: odd in x up to 475/512, 1 - e^p(|x|) beyond. Error at most 2 ulp. */
function erf(v: VectorCode, x: Local): Local {
  const magnitude = v.op("f32x4.abs", x);
  const square = v.op("f32x4.mul", x, x);
  const inner = polynomial(
    v,
    square,
    [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1],
  );
  const near = v.op("f32x4.add", v.op("f32x4.mul", inner, x), x);
  // erf(10) rounds to 1: the clamp keeps the polynomial's powers finite and propagates NaN.
  const t = v.op("f32x4.pmin", magnitude, v.float(10));
  const exponent = polynomial(
    v,
    t,
    [-1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1, 0],
  );
  const tail = v.op("f32x4.sub", v.float(1), exp(v, v.op("f32x4.sub", exponent, t)));
  return select(v, v.op("f32x4.gt", magnitude, v.float(475 / 512)), copySign(v, tail, x), near);
}

/**
 * Largest |x| for which sin and cos keep their stated error; beyond it the reduction loses bits.
 *
 * @internal Exported for the test of that error.
 */
export const TRIGONOMETRIC_RANGE = 8192;

/**
 * sin(x + quarter * pi/2): x = n pi/2 + r by Cody and Waite with pi/2 in three parts, then Cephes' polynomials on |r| <= pi/4.
 * Absolute error at most 2^-23 for |x| <= TRIGONOMETRIC_RANGE.
 */
function sine(v: VectorCode, x: Local, quarter: 0 | 1): Local {
  const { n, integer } = nearest(v, v.op("f32x4.mul", x, v.float(2 / Math.PI)));
  const reduce = (rest: Local, part: number) => v.op("f32x4.sub", rest, v.op("f32x4.mul", n, v.float(part)));
  const r = [1.5703125, 4.837512969970703e-4, 7.549789954891882e-8].reduce(reduce, x);
  const square = v.op("f32x4.mul", r, r);
  const odd = polynomial(v, square, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  const sin = v.op("f32x4.add", v.op("f32x4.mul", v.op("f32x4.mul", odd, square), r), r);
  const even = polynomial(v, square, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2, -0.5]);
  const cos = v.op("f32x4.add", v.op("f32x4.mul", even, square), v.float(1));
  const quadrant = v.op("i32x4.add", integer, v.bits(quarter));
  const swap = v.op("i32x4.eq", v.op("v128.and", quadrant, v.bits(1)), v.bits(1));
  const sign = v.shift("i32x4.shl", v.op("v128.and", quadrant, v.bits(2)), 30);
  return v.op("v128.xor", select(v, swap, cos, sin), sign);
}

/** ±1 by the sign of x; returns 0, -0 and NaN unchanged. */
function sign(v: VectorCode, x: Local): Local {
  const nonZero = v.op("f32x4.lt", v.float(0), v.op("f32x4.abs", x));
  return select(v, nonZero, copySign(v, v.float(1), x), x);
}

type Unary = (v: VectorCode, x: Local) => Local;

/** The implementation of each unary function. */
export const UNARY: Readonly<Record<UnaryFunction, Unary>> = {
  neg: (v, x) => v.op("f32x4.neg", x),
  abs: (v, x) => v.op("f32x4.abs", x),
  sign,
  exp,
  log,
  log1p,
  sqrt: (v, x) => v.op("f32x4.sqrt", x),
  // Two roundings: error at most 1.5 ulp.
  rsqrt: (v, x) => v.op("f32x4.div", v.float(1), v.op("f32x4.sqrt", x)),
  sin: (v, x) => sine(v, x, 0),
  cos: (v, x) => sine(v, x, 1),
  tanh,
  sigmoid,
  erf,
};

export type Comparison = Extract<BinaryFunction, "less" | "less_equal" | "equal">;

/** Comparisons, as masks with all bits of a lane set where the comparison is true. */
export const COMPARISON: Readonly<Record<Comparison, VectorInstruction>> = {
  less: "f32x4.lt",
  less_equal: "f32x4.le",
  equal: "f32x4.eq",
};

/** Arithmetic, one instruction each. f32x4.max and f32x4.min propagate NaN, as graph.ts requires. */
export const ARITHMETIC: Readonly<Record<Exclude<BinaryFunction, Comparison>, VectorInstruction>> = {
  add: "f32x4.add",
  sub: "f32x4.sub",
  mul: "f32x4.mul",
  div: "f32x4.div",
  maximum: "f32x4.max",
  minimum: "f32x4.min",
};

/** Reductions: the instruction that combines two elements, and the neutral element. */
export const REDUCTION = {
  sum: { instruction: "f32x4.add", initial: 0 },
  max: { instruction: "f32x4.max", initial: Number.NEGATIVE_INFINITY },
} as const satisfies Readonly<Record<string, { readonly instruction: VectorInstruction; readonly initial: number }>>;

/** One instruction instead of several when the second operand is a constant other than NaN: pmax(x, c) is x < c ? c : x. */
export const BOUNDED_BY_CONSTANT: Readonly<Partial<Record<BinaryFunction, VectorInstruction>>> = {
  maximum: "f32x4.pmax",
  minimum: "f32x4.pmin",
};

/** Approximate instructions per function for four elements, for the cost model. */
export const COST: Readonly<Record<UnaryFunction | BinaryFunction, number>> = {
  neg: 1,
  abs: 1,
  sign: 4,
  exp: 30,
  log: 40,
  log1p: 50,
  sqrt: 6,
  rsqrt: 12,
  sin: 30,
  cos: 30,
  tanh: 30,
  sigmoid: 40,
  erf: 65,
  add: 1,
  sub: 1,
  mul: 1,
  div: 5,
  maximum: 3,
  minimum: 3,
  less: 2,
  less_equal: 2,
  equal: 2,
};
