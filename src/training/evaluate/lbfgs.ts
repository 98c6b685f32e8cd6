/**
 * Minimises a smooth function by L-BFGS with a backtracking line search. Uses only + - * / and sqrt, so that the same function gives the
 * same bits everywhere. Nocedal and Wright, "Numerical optimization", algorithms 7.4, 7.5 and 3.1.
 */

/** Writes the gradient at `point` into `gradient` and returns the value. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Maximum calls of the objective. */
  readonly maxCalls: number;
  /** Ends when no component of the gradient is larger. */
  readonly tolerance: number;
}

/** Number of steps and gradient changes remembered, as in SciPy. */
const MEMORY = 10;
/** The share of the promised decrease that a step must bring. */
const SUFFICIENT = 1e-4;

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / (step · change). */
  readonly rho: number;
}

/** Moves `point` downhill in place until the gradient is small, the calls are used up, or no step helps. */
export function minimise(objective: Objective, point: Float64Array, { maxCalls, tolerance }: LbfgsOptions): void {
  const size = point.length;
  let gradient = new Float64Array(size);
  let value = objective(point, gradient);
  let calls = 1;
  const pairs: Pair[] = [];
  const trial = new Float64Array(size);
  while (calls < maxCalls && largest(gradient) > tolerance) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    // The first direction is the bare gradient, whose length says nothing of how far to go.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const next = new Float64Array(size);
    let reached = Number.POSITIVE_INFINITY;
    for (; calls < maxCalls; length /= 2) {
      for (let i = 0; i < size; i++) trial[i] = (point[i] as number) + length * (direction[i] as number);
      reached = objective(trial, next);
      calls++;
      if (reached <= value + SUFFICIENT * length * slope) break;
      reached = Number.POSITIVE_INFINITY;
      if (length < 1e-10) return;
    }
    if (reached === Number.POSITIVE_INFINITY) return;
    remember(pairs, difference(trial, point), difference(next, gradient));
    point.set(trial);
    gradient = next;
    value = reached;
  }
}

/** Adds a pair if its curvature is positive, and drops the oldest. */
function remember(pairs: Pair[], step: Float64Array, change: Float64Array): void {
  const curvature = dot(step, change);
  if (!(curvature > 1e-12 * dot(change, change))) return;
  pairs.push({ step, change, rho: 1 / curvature });
  if (pairs.length > MEMORY) pairs.shift();
}

/** Minus the gradient times an estimate of the inverse of the Hessian: the two loops of algorithm 7.4. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((component) => -component);
  const alphas: number[] = [];
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, change, rho } = pairs[i] as Pair;
    const alpha = rho * dot(step, direction);
    alphas[i] = alpha;
    addScaled(direction, change, -alpha);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.change, last.change));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  pairs.forEach(({ step, change, rho }, i) => {
    addScaled(direction, step, (alphas[i] as number) - rho * dot(change, direction));
  });
  return direction;
}

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * (source[i] as number);
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] as number));
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
