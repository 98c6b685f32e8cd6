/** The input and output of a sweep's method. Everything is a function of these arguments alone. */
import type { Method } from "../../domain/sweeps/method.ts";
import type { ParameterValue, TrialParameters } from "../../domain/sweeps/parameter.ts";
import { type Dimension, isActive, type Space } from "../../domain/sweeps/parameter-space.ts";
import type { TrialResult } from "../../domain/sweeps/trial.ts";

/** A sweep as its method sees it. Plain data, so that it can be sent to a thread. */
export interface Search<M extends Method = Method> {
  readonly space: Space;
  readonly method: M;
  readonly trials: number;
  /** Of the sweep. */
  readonly seed: number;
  /** Epochs of a full training. */
  readonly epochs: number;
  /** Whether higher values are better. */
  readonly isMaximized: boolean;
}

/** Results in the order of their trials, whatever order they came in. */
export const byNumber = (results: readonly TrialResult[]): TrialResult[] => results.toSorted((a, b) => a.number - b.number);

/** Results from the best to the worst; those without a value last, and equal ones in the order of their trials. */
export function fromBest(results: readonly TrialResult[], isMaximized: boolean): TrialResult[] {
  const cost = ({ value }: TrialResult) => (value === null ? Number.POSITIVE_INFINITY : isMaximized ? -value : value);
  // Infinity minus itself is no number.
  return results.toSorted((a, b) => (cost(a) === cost(b) ? a.number - b.number : cost(a) < cost(b) ? -1 : 1));
}

/** Chooses a value for each active parameter, in the order of the space. */
export function choose({ dimensions }: Space, pick: (dimension: Dimension) => ParameterValue): TrialParameters {
  const chosen: Record<string, ParameterValue> = {};
  for (const dimension of dimensions) if (isActive(dimension, chosen)) chosen[dimension.pointer] = pick(dimension);
  return chosen;
}
