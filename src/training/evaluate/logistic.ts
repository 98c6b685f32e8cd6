/**
 * Logistic regression with a penalty on squared coefficients, in float64: the objective of scikit-learn's LogisticRegression. Knows
 * nothing of columns or of scores.
 */
import { deterministicMath } from "../../engine/index.ts";
import { minimise } from "./lbfgs.ts";

/** Rows and their classes. */
export interface Classification {
  readonly rows: number;
  readonly width: number;
  /** [rows, width] */
  readonly x: Float64Array;
  /** [rows]: the class as an index. */
  readonly targets: ArrayLike<number>;
  readonly classes: number;
  /** [width]: the penalty of a squared coefficient; the intercept has none. */
  readonly penalties: Float64Array;
}

/** Maximum calls of the objective, which bounds the cost of a fit. */
export const MAX_CALLS = 150;
/** Of the gradient of the mean loss, a hundred times closer than scikit-learn's default. */
const TOLERANCE = 1e-6;

/** Number of coefficient vectors: two classes share one, which is for the second. */
export const outputsOf = (classes: number): number => (classes === 2 ? 1 : classes);

/** [outputs, width + 1]: for each output its coefficients, then its intercept. */
export function fitLogistic(problem: Classification): Float64Array {
  const { rows, width, x, targets, classes, penalties } = problem;
  const outputs = outputsOf(classes);
  const coefficients = new Float64Array(outputs * (width + 1));
  const values = new Float64Array(outputs);
  // The mean over the rows, so that one tolerance fits any number of them.
  const objective = (point: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      linearOutputs(point, x, row * width, width, values);
      loss += lossOf(values, targets[row] as number);
      for (let output = 0; output < outputs; output++) {
        const error = values[output] as number;
        const start = output * (width + 1);
        for (let i = 0; i < width; i++) gradient[start + i]! += error * (x[row * width + i] as number);
        gradient[start + width]! += error;
      }
    }
    for (let output = 0; output < outputs; output++) {
      for (let i = 0; i < width; i++) {
        const place = output * (width + 1) + i;
        const coefficient = point[place] as number;
        const cost = (penalties[i] as number) * coefficient;
        loss += 0.5 * cost * coefficient;
        gradient[place]! += cost;
      }
    }
    for (let place = 0; place < gradient.length; place++) gradient[place]! /= rows;
    return loss / rows;
  };
  minimise(objective, coefficients, { maxCalls: MAX_CALLS, tolerance: TOLERANCE });
  return coefficients;
}

/** Writes the linear outputs of the row that begins at `start` of `x`. */
export function linearOutputs(
  coefficients: Float64Array,
  x: Float64Array,
  start: number,
  width: number,
  out: Float64Array,
): void {
  for (let output = 0; output < out.length; output++) {
    const line = output * (width + 1);
    let sum = coefficients[line + width] as number;
    for (let i = 0; i < width; i++) sum += (coefficients[line + i] as number) * (x[start + i] as number);
    out[output] = sum;
  }
}

/** Turns linear outputs into probabilities: of the second class where there is one output. */
export function toProbabilities(values: Float64Array): void {
  if (values.length === 1) {
    values[0] = sigmoid(values[0] as number);
    return;
  }
  const most = values.reduce((a, b) => Math.max(a, b));
  let total = 0;
  for (let output = 0; output < values.length; output++) {
    const power = deterministicMath.exp((values[output] as number) - most);
    values[output] = power;
    total += power;
  }
  for (let output = 0; output < values.length; output++) values[output]! /= total;
}

function sigmoid(z: number): number {
  const power = deterministicMath.exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + power) : power / (1 + power);
}

/** Returns the loss of a row; overwrites the linear outputs with its gradient by them. */
function lossOf(values: Float64Array, target: number): number {
  if (values.length === 1) {
    const z = values[0] as number;
    values[0] = sigmoid(z) - target;
    const wrong = target === 1 ? -z : z;
    return Math.max(wrong, 0) + deterministicMath.log(1 + deterministicMath.exp(-Math.abs(z)));
  }
  const most = values.reduce((a, b) => Math.max(a, b));
  const own = (values[target] as number) - most;
  let total = 0;
  for (let output = 0; output < values.length; output++) {
    const power = deterministicMath.exp((values[output] as number) - most);
    values[output] = power;
    total += power;
  }
  for (let output = 0; output < values.length; output++) values[output]! /= total;
  values[target]! -= 1;
  return deterministicMath.log(total) - own;
}
