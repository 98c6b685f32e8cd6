/**
 * The parameters of a sweep as a search space: which there are, which depend on the choice of another, and the job spec for a point of the
 * space. Plain data, so that it can be sent to a thread. create-space.ts creates and refuses spaces.
 */
import { keysOf, withValueAt } from "./json-pointer.ts";
import type { ParameterValue, Range, TrialParameters } from "./parameter.ts";

/** Where a parameter is active: where its parent is active, and has one of these values. */
export interface Condition {
  readonly pointer: string;
  readonly values: readonly ParameterValue[];
}

/** One of the values of a parameter, and the full part of a job spec that it stands for. */
export interface Option {
  readonly value: ParameterValue;
  readonly part: unknown;
}

interface Named {
  readonly pointer: string;
  /** null: active in every trial. */
  readonly condition: Condition | null;
}

/** Numbers of a range. */
export interface RangeDimension extends Named {
  readonly kind: "range";
  readonly range: Range;
}

/** Values, or choices, without an order. */
export interface OptionsDimension extends Named {
  readonly kind: "options";
  readonly options: readonly Option[];
}

/** One parameter. */
export type Dimension = RangeDimension | OptionsDimension;

/** The parameters of a sweep; each comes after the one that it depends on. */
export interface Space {
  readonly dimensions: readonly Dimension[];
}

/** Whether a parameter is active in a trial, given the values of the parameters before it. */
export function isActive({ condition }: Dimension, chosen: TrialParameters): boolean {
  if (condition === null) return true;
  const value = Object.hasOwn(chosen, condition.pointer) ? chosen[condition.pointer] : undefined;
  return value !== undefined && condition.values.includes(value);
}

/**
 * Returns the job spec of a trial as JSON: `job`, in full, with the trial's parameters set. Parts without parameters are shared with `job`.
 * The result may still be invalid, if values are valid alone but not together.
 */
export function applyParameters(job: unknown, { dimensions }: Space, chosen: TrialParameters): unknown {
  let json = job;
  for (const dimension of dimensions) {
    if (!isActive(dimension, chosen)) continue;
    const part = partOf(dimension, chosen);
    if (part !== undefined) json = withValueAt(json, keysOf(dimension.pointer) as string[], part);
  }
  return json;
}

/** Returns the value that a trial sets a parameter to, as in the job spec; undefined if the parameter is not set. */
export function partOf(dimension: Dimension, chosen: TrialParameters): unknown {
  const value = chosen[dimension.pointer];
  return dimension.kind === "range" ? value : dimension.options.find((option) => option.value === value)?.part;
}
