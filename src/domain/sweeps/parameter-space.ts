/**
 * The parameters of a sweep as a space: which there are, which depend on the choice of another, and what job spec a point of it
 * stands for. Plain data, so that it can be sent to a thread. How a space is made, and refused, is in create-space.ts.
 */
import { keysOf, withValueAt } from "./json-pointer.ts";
import type { ParameterValue, Range, TrialParameters } from "./parameter.ts";

/** Where a parameter is active: where the one it stands below is, and has one of these values. */
export interface Condition {
  readonly pointer: string;
  readonly values: readonly ParameterValue[];
}

/** One of the values of a parameter, and the part of a job spec that it stands for, in full. */
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

/** Whether a parameter is active in a trial of which the parameters before it are chosen. */
export function isActive({ condition }: Dimension, chosen: TrialParameters): boolean {
  if (condition === null) return true;
  const value = Object.hasOwn(chosen, condition.pointer) ? chosen[condition.pointer] : undefined;
  return value !== undefined && condition.values.includes(value);
}

/**
 * Returns the job spec of a trial as JSON: `job`, in full, with the trial's parameters set. What no parameter reaches is shared with
 * `job`. The result may still be refused, where single values are valid and do not go together.
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

/** Returns what a trial sets a parameter to, as the job spec has it; undefined where the parameter is not among the chosen. */
export function partOf(dimension: Dimension, chosen: TrialParameters): unknown {
  const value = chosen[dimension.pointer];
  return dimension.kind === "range" ? value : dimension.options.find((option) => option.value === value)?.part;
}
