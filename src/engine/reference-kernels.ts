/**
 * Reference kernels: each primitive in float64, as loops that can be verified by reading. The interpreter runs them; any code
 * that needs a node's value by definition may use them too. Keep them simple: no fusion, no memory reuse, no reordering.
 */
import {
  type BinaryFunction,
  GraphError,
  type Operation,
  type Shape,
  sizeOf,
  stridesOf,
  type Tensor,
  type UnaryFunction,
} from "./graph.ts";
import { threefry2x32 } from "./random.ts";

/** Row-major elements: floats as float64, ints as int32. */
export type Values = Float64Array | Int32Array;

/** Computes a node's values from the values of its inputs. */
export type Kernel = (inputs: readonly Values[]) => Values;

type Kind = Operation["kind"];
type OperationOf<K extends Kind> = Extract<Operation, { readonly kind: K }>;

const UNARY: Readonly<Record<UnaryFunction, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  // exp gets only arguments <= 0, so it cannot overflow.
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  erf,
};

const BINARY: Readonly<Record<BinaryFunction, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  less: (a, b) => (a < b ? 1 : 0),
  less_equal: (a, b) => (a <= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};

const leaf = (): Kernel => () => {
  throw new GraphError("inputs and states have no kernel");
};

/** For each primitive, a function from a node to its kernel. */
const PRIMITIVES: { readonly [K in Kind]: (tensor: Tensor, op: OperationOf<K>) => Kernel } = {
  input: leaf,
  state: leaf,
  constant:
    (_, { values }) =>
    () =>
      values,
  unary: (_, { fn }) => {
    const apply = UNARY[fn];
    return ([x]) => (x as Float64Array).map((value) => apply(value));
  },
  binary: (_, { fn }) => {
    const apply = BINARY[fn];
    return ([a, b]) => (a as Float64Array).map((value, i) => apply(value, (b as Values)[i] as number));
  },
  where:
    () =>
    ([condition, a, b]) =>
      (condition as Float64Array).map((value, i) => (value !== 0 ? (a as Values)[i] : (b as Values)[i]) as number),
  sum: (tensor) => reduction(tensor, 0, (total, value) => total + value),
  max: (tensor) => reduction(tensor, Number.NEGATIVE_INFINITY, Math.max),
  matmul,
  reshape:
    () =>
    ([x]) =>
      x as Values,
  permute: (tensor, { axes }) => {
    const strides = stridesOf(shapeOfInput(tensor));
    return view(
      tensor,
      axes.map((axis) => strides[axis] as number),
      0,
    );
  },
  broadcast: (tensor) => view(tensor, broadcastStrides(shapeOfInput(tensor), tensor.shape), 0),
  slice: (tensor, { ranges }) => {
    const strides = stridesOf(shapeOfInput(tensor));
    const start = ranges.reduce((offset, range, axis) => offset + range.start * (strides[axis] as number), 0);
    return view(
      tensor,
      ranges.map((range, axis) => range.step * (strides[axis] as number)),
      start,
    );
  },
  pad: (tensor, { ranges }) => {
    const strides = stridesOf(tensor.shape);
    const start = ranges.reduce((offset, { low }, axis) => offset + low * (strides[axis] as number), 0);
    const spread = ranges.map(({ interior }, axis) => (interior + 1) * (strides[axis] as number));
    const target = positions(shapeOfInput(tensor), spread, start);
    return ([x]) => {
      const out = allocate(tensor, sizeOf(tensor.shape));
      target.forEach((position, i) => {
        out[position] = (x as Values)[i] as number;
      });
      return out;
    };
  },
  gather: (tensor) => {
    const data = shapeOfInput(tensor);
    const width = sizeOf(data.slice(1));
    return ([x, indices]) => {
      const out = allocate(tensor, sizeOf(tensor.shape));
      (indices as Int32Array).forEach((index, i) => {
        checkIndex(index, data[0] as number);
        out.set((x as Values).subarray(index * width, (index + 1) * width), i * width);
      });
      return out;
    };
  },
  scatter_add: (tensor, { rows }) => {
    const width = sizeOf(tensor.shape.slice(1));
    return ([updates, indices]) => {
      const out = new Float64Array(rows * width);
      (indices as Int32Array).forEach((index, i) => {
        checkIndex(index, rows);
        for (let j = 0; j < width; j++) out[index * width + j]! += (updates as Values)[i * width + j] as number;
      });
      return out;
    };
  },
  uniform: (tensor) => {
    const size = sizeOf(tensor.shape);
    return ([key, counter]) => {
      const [key0, key1] = key as Int32Array as unknown as [number, number];
      return Float64Array.from(
        { length: size },
        (_, i) => (threefry2x32(key0, key1, i, counter?.[0] as number)[0] >>> 8) * 2 ** -24,
      );
    };
  },
  custom_gradient:
    () =>
    ([value]) =>
      value as Values,
};

/** Returns the kernel of a node. Inputs and states have none: the kernel returned for them throws a GraphError. */
export function kernelOf<K extends Kind>(tensor: Tensor): Kernel {
  const op = tensor.op as OperationOf<K>;
  return PRIMITIVES[op.kind as K](tensor, op);
}

function reduction(tensor: Tensor, initial: number, combine: (total: number, value: number) => number): Kernel {
  const input = shapeOfInput(tensor);
  const target = positions(input, broadcastStrides(tensor.shape, input), 0);
  return ([x]) => {
    const out = new Float64Array(sizeOf(tensor.shape)).fill(initial);
    target.forEach((position, i) => {
      out[position] = combine(out[position] as number, (x as Values)[i] as number);
    });
    return out;
  };
}

function matmul(tensor: Tensor, { transposeA, transposeB }: OperationOf<"matmul">): Kernel {
  const [m, n] = tensor.shape.slice(-2) as [number, number];
  const k = shapeOfInput(tensor).at(transposeA ? -2 : -1) as number;
  const batch = sizeOf(tensor.shape.slice(0, -2));
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
  return ([a, b]) => {
    const out = new Float64Array(batch * m * n);
    for (let p = 0; p < batch; p++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let total = 0;
          for (let l = 0; l < k; l++) {
            const left = (a as Values)[p * m * k + i * aRow + l * aColumn] as number;
            total += left * ((b as Values)[p * k * n + l * bRow + j * bColumn] as number);
          }
          out[p * m * n + i * n + j] = total;
        }
    return out;
  };
}

function checkIndex(index: number, rows: number): void {
  if (index < 0 || index >= rows) throw new GraphError(`index ${index} is not within 0..${rows - 1}`);
}

// ---------------------------------------------------------------- positions

function shapeOfInput({ inputs: [first] }: Tensor): Shape {
  return (first as Tensor).shape;
}

/** Strides that read a tensor of shape `from` as if it were broadcast to shape `to`. */
function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  return to.map((_, axis) => {
    const source = axis - to.length + from.length;
    return source < 0 || from[source] === 1 ? 0 : (strides[source] as number);
  });
}

/** Returns start + Σ index · stride for each element of `shape`, in row-major order. */
function positions(shape: Shape, strides: readonly number[], start: number): Int32Array {
  const found = new Int32Array(sizeOf(shape));
  const steps = stridesOf(shape);
  for (let i = 0; i < found.length; i++) {
    let position = start;
    for (let axis = 0; axis < shape.length; axis++) {
      const index = Math.floor(i / (steps[axis] as number)) % (shape[axis] as number);
      position += index * (strides[axis] as number);
    }
    found[i] = position;
  }
  return found;
}

/** Copies a strided view: element i of the output is the input's element at the strided position of i, from `start` on. */
function view(tensor: Tensor, strides: readonly number[], start: number): Kernel {
  const source = positions(tensor.shape, strides, start);
  return ([x]) => {
    const out = allocate(tensor, source.length);
    for (let i = 0; i < out.length; i++) out[i] = (x as Values)[source[i] as number] as number;
    return out;
  };
}

// ---------------------------------------------------------------- error function

/**
 * erf to a few ulp: a series of positive terms for |x| < 2, and the continued fraction of erfc above, where a relative error
 * of erfc changes erf by less than a two-hundredth of it.
 * M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.
 */
function erf(x: number): number {
  const z = Math.abs(x);
  if (!(z < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  return z < 2 ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(z));
}

/** 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3···(2n+1)) */
function erfSeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > Math.abs(total) * 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** e^(-z²)/√π · 1/(z + (1/2)/(z + (2/2)/(z + (3/2)/(z + ...)))), which is exact to float64 after 60 terms for z >= 2. */
function erfcFraction(z: number): number {
  let tail = z;
  for (let n = 60; n > 0; n--) tail = z + n / 2 / tail;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / tail;
}

/** Allocates `length` zeros of the tensor's dtype. */
export function allocate({ dtype }: Tensor, length: number): Values {
  return dtype === "int" ? new Int32Array(length) : new Float64Array(length);
}
