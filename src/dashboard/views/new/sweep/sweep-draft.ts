/**
 * A sweep while it is being written: a job spec whose numbers may be ranges. What the two are as one request, and what becomes of ranges
 * when the spec changes around them. Pure.
 */
import { type Faults, isObject, type Json, type JsonObject, valueAt } from "../../../request/draft.ts";

/** What is written: a job spec, and where it is varied everything of the sweep but its job. */
export interface Draft {
  readonly spec: JsonObject;
  readonly sweep: JsonObject | null;
}

/** How a number varies, as the form offers it. */
export const RANGE_KINDS = [
  { value: "linear", label: "Evenly" },
  { value: "log", label: "Log scale" },
  { value: "integer", label: "Whole" },
  { value: "integer_log", label: "Whole, log" },
  { value: "values", label: "Values" },
] as const;
export type RangeKind = (typeof RANGE_KINDS)[number]["value"];

/** Returns the body of the request. */
export function requestOf({ spec, sweep }: Draft): JsonObject {
  if (!sweep) return spec;
  const { name, ...rest } = sweep;
  return { ...(name === undefined ? {} : { name }), job: spec, ...rest };
}

/** Returns what a request's body is: a sweep has a job in it. */
export function draftOf(body: JsonObject): Draft {
  const { job, ...sweep } = body;
  return isObject(job) ? { spec: job, sweep } : { spec: body, sweep: null };
}

/** Returns the ranges of a draft by pointer. */
export function rangesOf(sweep: JsonObject | null): JsonObject {
  const ranges = sweep?.parameters;
  return isObject(ranges) ? ranges : {};
}

/** Returns the pointer of a range within the sweep's spec. */
export const rangePointer = (pointer: string): string => `/parameters/${pointer.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Fields that do not change what is computed, and those of a search, which a sweep does not go with. */
const NOT_VARIED = ["/checkpoint/", "/model/auto/", "/priority", "/max_seconds", "/max_retries", "/threads", "/data/inline/"];

/** Whether the number at a pointer can be a range. */
export const canVary = (pointer: string): boolean => !NOT_VARIED.some((start) => pointer.startsWith(start));

/** Returns the sweep with the range at a pointer, or without it: null. A sweep with neither ranges nor folds is none. */
export function withRange({ spec, sweep }: Draft, pointer: string, range: Json | null): JsonObject | null {
  const { [pointer]: _, ...others } = rangesOf(sweep);
  const parameters = range === null ? others : { ...rangesOf(sweep), [pointer]: range };
  if (Object.keys(parameters).length === 0 && !isObject(sweep?.folds)) return null;
  return { ...(sweep ?? freshSweep(spec)), parameters };
}

/** The sweep of a job that had none: compared by what the job has. */
function freshSweep(spec: JsonObject): JsonObject {
  const held = valueAt(spec, "/split/validation");
  const hasValidation = held === undefined ? isObject(valueAt(spec, "/data/dataset")) : held !== 0;
  return { parameters: {}, method: { type: "tpe" }, trials: 50, ...(hasValidation ? {} : { objective: { metric: "loss" } }) };
}

/** Returns the sweep after the spec has changed at a pointer: ranges below it stay where there still is a number. */
export function afterChange({ spec, sweep }: Draft, pointer: string): JsonObject | null {
  if (!sweep) return null;
  const gone = Object.keys(rangesOf(sweep)).filter(
    (each) => each.startsWith(`${pointer}/`) && typeof valueAt(spec, each) !== "number",
  );
  return without({ spec, sweep }, gone);
}

/**
 * Returns the sweep after the items of a list have moved: `origins` says for each where it was before, null for a new one. Ranges go
 * with their items.
 */
export function afterMove(draft: Draft, pointer: string, origins: readonly (number | null)[]): JsonObject | null {
  const { spec, sweep } = draft;
  if (!sweep) return null;
  const moved: Record<string, Json> = {};
  for (const [at, range] of Object.entries(rangesOf(sweep))) {
    const match = at.startsWith(`${pointer}/`) ? /^\/(\d+)(\/.*)$/.exec(at.slice(pointer.length)) : null;
    const position = match ? origins.indexOf(Number(match[1])) : -1;
    if (!match) moved[at] = range;
    else if (position >= 0) moved[`${pointer}/${position}${match[2]}`] = range;
  }
  return without({ spec, sweep: { ...sweep, parameters: moved } }, []);
}

function without(draft: Draft & { readonly sweep: JsonObject }, gone: readonly string[]): JsonObject | null {
  const left = Object.entries(rangesOf(draft.sweep)).filter(([pointer]) => !gone.includes(pointer));
  if (left.length === 0 && !isObject(draft.sweep.folds)) return null;
  return { ...draft.sweep, parameters: Object.fromEntries(left) };
}

/** Returns the errors of the job within a sweep, by their pointers in the job. */
export function jobFaults(faults: Faults): Faults {
  return new Map(
    [...faults].flatMap(([pointer, detail]) =>
      pointer === "/job" || pointer.startsWith("/job/") ? [[pointer.slice(4), detail] as const] : [],
    ),
  );
}

/** What a number is taken for where the field is empty. */
const FALLBACKS: Readonly<Record<string, number>> = { lr: 0.01, units: 8, batch_size: 32, weight_decay: 0.001, epochs: 100 };

/** Numbers whose powers of ten matter. */
const BY_POWERS = ["lr", "max_lr", "weight_decay", "eps"];

/** Returns a range around a number. `isWhole`: the field takes whole numbers alone. */
export function rangeAround(pointer: string, value: Json | undefined, isWhole: boolean): JsonObject {
  const key = pointer.split("/").at(-1) ?? "";
  const middle = typeof value === "number" && value !== 0 ? value : (FALLBACKS[key] ?? (isWhole ? 5 : 0.5));
  if (BY_POWERS.includes(key)) return { min: tidy(middle / 10), max: tidy(middle * 10), scale: "log" };
  if (isWhole || (Number.isInteger(middle) && middle > 1))
    return key === "seed"
      ? { min: 0, max: 9, integer: true }
      : { min: Math.max(1, Math.floor(middle / 2)), max: Math.max(2, middle * 2), integer: true };
  // Most numbers below 1 are shares.
  return { min: tidy(middle / 2), max: middle < 1 ? tidy(Math.min(0.95, middle * 2)) : tidy(middle * 2) };
}

const tidy = (value: number): number => Number(value.toPrecision(4));

/** Returns how a range varies; null for one that the form cannot show: choices. */
export function kindOf(range: Json | undefined): RangeKind | null {
  if (!isObject(range) || "choices" in range) return null;
  if ("values" in range) return "values";
  if (range.integer === true) return range.scale === "log" ? "integer_log" : "integer";
  return range.scale === "log" ? "log" : "linear";
}

/** Returns a range that varies in another way, over about the same numbers. */
export function asKind(range: JsonObject, kind: RangeKind): JsonObject {
  const numbers = Array.isArray(range.values) ? (range.values as Json[]).filter((each) => typeof each === "number") : [];
  const min = typeof range.min === "number" ? range.min : Math.min(...numbers, 1);
  const max = typeof range.max === "number" ? range.max : Math.max(...numbers, 1);
  if (kind === "values") return { values: min === max ? [min] : [min, max] };
  const isWhole = kind.startsWith("integer");
  const isLog = kind.endsWith("log");
  const low = isLog && min <= 0 ? (isWhole ? 1 : tidy(Math.max(max, 1e-3) / 1000)) : min;
  return {
    min: isWhole ? Math.round(low) : low,
    max: isWhole ? Math.round(max) : max,
    ...(isLog && { scale: "log" }),
    ...(isWhole && { integer: true }),
  };
}

/** Returns the values of a list as it is typed; what is no number, truth or null is text. */
export function valuesOf(text: string): Json[] {
  const parts = text.split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "").map((part) => parsed(part));
}

function parsed(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}
