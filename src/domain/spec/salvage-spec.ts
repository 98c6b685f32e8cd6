/**
 * Reads a faulty spec without its faulty parts, so that its data can be checked too, and one answer lists the faults of both. Such a spec
 * is never trained.
 */
import { type FieldError, pointerOf } from "../errors.ts";
import { type JobSpec, parseJobSpec } from "./spec.ts";
import { MAX_FIELD_ERRORS } from "./zod-messages.ts";

/** Maximum faults removed: with more, the sender has enough to fix. */
const MAX_SALVAGED = 20;
/** Maximum removals tried: a missing field removes the object around it, one level at a time. */
const MAX_ATTEMPTS = 4;
/** Pointers of data faults; others may be caused by what was removed. */
const DATA_FIELDS = ["data", "split", "preprocess"] as const;
/** Replaces a faulty model. */
const ANY_MODEL = { layers: [{ type: "linear" }] };

/** Reads a spec without the fields that `errors` are about; null if its data is among them, or there are too many. */
export function salvageSpec(json: unknown, errors: readonly FieldError[]): JobSpec | null {
  if (errors.length > MAX_SALVAGED) return null;
  // The initial weights say nothing about its data, and may name a model that would have to be looked up.
  let rest = without(json, ["init_from"]);
  let faults = errors.filter(({ pointer }) => !pointer.startsWith("/init_from"));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    // Inline rows are checked with the spec, and may be very many.
    if (faults.some(({ pointer }) => pointer === "" || pointer === "/data" || pointer.startsWith("/data/inline"))) return null;
    rest = faults.reduce((value, { pointer }) => without(value, pointer.split("/").slice(1).map(unescaped)), rest);
    const parsed = parseJobSpec(rest);
    if ("spec" in parsed) return parsed.spec;
    faults = parsed.errors;
  }
  return null;
}

/** The faults of a spec, and the faults of its data that were found without the faulty parts. */
export function withDataFaults(faults: readonly FieldError[], found: readonly FieldError[]): FieldError[] {
  const isOfData = ({ pointer }: FieldError) =>
    DATA_FIELDS.some((field) => pointer.startsWith(pointerOf([field]))) &&
    !faults.some((fault) => fault.pointer.startsWith(pointer) || pointer.startsWith(fault.pointer));
  return [...faults, ...found.filter(isOfData)].slice(0, MAX_FIELD_ERRORS);
}

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** A value without the field at a path, or, if there is no such field, without the deepest one on the way to it. */
function without(value: unknown, [step = "", ...deeper]: readonly string[], isTop = true): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return value;
  const inner = (value as Record<string, unknown>)[step];
  const hasInner = typeof inner === "object" && inner !== null && deeper.length > 0;
  const next = hasInner && Object.hasOwn(inner, deeper[0] as string) ? without(inner, deeper, false) : undefined;
  if (isTop && step === "model" && next === undefined) return { ...value, model: ANY_MODEL };
  // An element of an array removes its array, because its position has a meaning.
  if (Array.isArray(value))
    return next === undefined ? undefined : value.map((item, at) => (String(at) === step ? next : item));
  const { [step]: _, ...others } = value as Record<string, unknown>;
  return next === undefined ? others : { ...others, [step]: next };
}
