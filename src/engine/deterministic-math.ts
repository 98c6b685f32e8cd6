/**
 * Elementary functions in float64 that return the same bits on every machine. The language does not specify the bits of
 * Math.log, exp, sin, cos and pow, so weights, data and learning rates are computed with these functions, which use only
 * + - * / and bit operations. Unless stated otherwise, the relative error of a result is below 1e-15.
 *
 * log, exp, sin and cos follow fdlibm: Copyright (C) 1993 by Sun Microsystems, Inc. Permission to use, copy, modify, and
 * distribute this software is freely granted, provided that this notice is preserved.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Horner's rule; coefficients from the constant term upwards. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let total = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) total = total * x + (coefficients[i] as number);
  return total;
}

// ---------------------------------------------------------------- powers of two

const word = new DataView(new ArrayBuffer(8));

/** 2^n for -1022 <= n <= 1023, built from its bits. */
function powerOfTwo(n: number): number {
  word.setInt32(0, (n + 1023) << 20);
  word.setInt32(4, 0);
  return word.getFloat64(0);
}

/** x = mantissa · 2^exponent with the mantissa in [√½, √2), for finite x > 0. */
function split(x: number): { mantissa: number; exponent: number } {
  if (x < 2 ** -1022) {
    const { mantissa, exponent } = split(x * 2 ** 54);
    return { mantissa, exponent: exponent - 54 };
  }
  word.setFloat64(0, x);
  const high = word.getInt32(0);
  word.setInt32(0, (high & 0xfffff) | (1022 << 20));
  const half = word.getFloat64(0);
  const exponent = (high >>> 20) - 1022;
  return half < Math.SQRT1_2 ? { mantissa: 2 * half, exponent: exponent - 1 } : { mantissa: half, exponent };
}

// ---------------------------------------------------------------- logarithm and exponential

const LOG = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805, 0.15313837699209373,
  0.14798198605116586,
];

/** Natural logarithm: -Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  // ln(1 + f) = f - f²/2 + s(f²/2 + R(s²)) with s = f/(2 + f), which makes an error in R small in the result.
  const { mantissa, exponent } = split(x);
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const halfSquare = 0.5 * f * f;
  const remainder = z * polynomial(z, LOG);
  return exponent * LN2_HIGH - (halfSquare - (s * (halfSquare + remainder) + exponent * LN2_LOW) - f);
}

const EXP = [0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6, 4.1381367970572385e-8];

/** e^x. Subnormal results have fewer correct digits. */
export function exp(x: number): number {
  if (!(x < 709.782712893384)) return x > 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (x < -745.1332191019412) return 0;
  const n = Math.round(x / Math.LN2);
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * polynomial(t, EXP);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // Two factors, so that neither overflows nor is subnormal.
  const half = n >> 1;
  return y * powerOfTwo(half) * powerOfTwo(n - half);
}

// ---------------------------------------------------------------- sine and cosine

const SIN = [
  -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6, -2.5050760253406863e-8,
  1.58969099521155e-10,
];
const COS = [
  0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7, 2.087572321298175e-9,
  -1.1359647557788195e-11,
];
/** π/2 as two parts of 33 bits, whose products with a quadrant number below 2^20 are exact, and the remainder. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
/** Largest angle whose number of quadrants fits 20 bits. */
const LARGEST_ANGLE = 1e6;

/** The sine of x in radians. Above |x| = 1e6, x is first reduced modulo the float64 nearest to 2π. NaN at infinities. */
export function sin(x: number): number {
  return quadrantSine(x, 0);
}

/** The cosine of x in radians. Above |x| = 1e6, x is first reduced modulo the float64 nearest to 2π. NaN at infinities. */
export function cos(x: number): number {
  return quadrantSine(x, 1);
}

/** sin(angle + quarters · π/2) */
function quadrantSine(angle: number, quarters: number): number {
  // The remainder operation is exact, so even an angle without meaning returns the same bits everywhere.
  const x = Math.abs(angle) <= LARGEST_ANGLE ? angle : angle % (2 * Math.PI);
  if (Number.isNaN(x)) return x;
  const n = Math.round(x / (Math.PI / 2));
  // x - n·π/2 as r + tail, including the rounding errors of both subtractions.
  const first = x - n * HALF_PI[0];
  const second = n * HALF_PI[1];
  const near = first - second;
  const rest = n * HALF_PI[2] - (first - near - second);
  const r = near - rest;
  const tail = near - r - rest;
  const quadrant = (((n + quarters) % 4) + 4) % 4;
  const value = quadrant % 2 === 0 ? sineNearZero(r, tail) : cosineNearZero(r, tail);
  return quadrant < 2 ? value : -value;
}

/** sin(r + tail) for |r| <= π/4 */
function sineNearZero(r: number, tail: number): number {
  const z = r * r;
  const cube = z * r;
  const upper = polynomial(z, SIN.slice(1));
  return r - (z * (0.5 * tail - cube * upper) - tail - cube * (SIN[0] as number));
}

/** cos(r + tail) for |r| <= π/4 */
function cosineNearZero(r: number, tail: number): number {
  const z = r * r;
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * z * polynomial(z, COS) - r * tail));
}

// ---------------------------------------------------------------- powers

/**
 * x^n for an integer n, nearly always correctly rounded: the rounding error of each multiplication is tracked. Throws a
 * RangeError unless n is a safe integer.
 */
export function powi(x: number, n: number): number {
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not an integer`);
  if (n < 0) return 1 / powi(x, -n);
  let power = 1;
  let powerRest = 0;
  let square = x;
  let squareRest = 0;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      const product = power * square;
      powerRest = roundingError(power, square, product) + (power * squareRest + powerRest * square);
      power = product;
    }
    const product = square * square;
    squareRest = roundingError(square, square, product) + 2 * square * squareRest;
    square = product;
  }
  const total = power + powerRest;
  // Near the largest float64 the error terms overflow before the power does.
  return Number.isNaN(total) ? power : total;
}

/** x^y: powi for integers y; otherwise e^(y ln x) for x >= 0, whose relative error grows with |y ln x|, and NaN below 0. */
export function pow(x: number, y: number): number {
  if (Number.isSafeInteger(y)) return powi(x, y);
  if (x < 0) return Number.NaN;
  return exp(y * log(x));
}

/**
 * The exact rounding error a·b - product, where product is a·b rounded. Splits both factors into halves of 26 bits, whose
 * products are exact.
 * T. J. Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18, 1971.
 */
function roundingError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

function upperHalf(a: number): number {
  const shifted = (2 ** 27 + 1) * a;
  return shifted - (shifted - a);
}

// ---------------------------------------------------------------- normal distribution

const NEAR_HALF = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
    5226.495278852854,
  ],
] as const;
const MIDDLE = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
    0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345,
    1.0507500716444169e-9,
  ],
] as const;
const FAR = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124, 0.0012426609473880784,
    2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;

const quotient = (x: number, [over, under]: readonly [readonly number[], readonly number[]]) =>
  polynomial(x, over) / polynomial(x, under);

/**
 * The standard normal quantile for 0 < p < 1: the z with Φ(z) = p.
 * M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37, 1988 (PPND16).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * quotient(0.180625 - q * q, NEAR_HALF);
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? quotient(r - 1.6, MIDDLE) : quotient(r - 5, FAR);
  return q < 0 ? -z : z;
}
