/**
 * Creates the search space of a sweep's parameters, or reports what does not fit the job spec, at its place: a pointer without a target, or
 * a value that the job spec does not allow. Tries every listed value, and both ends of every range, on the job spec.
 */
import type { FieldError } from "../errors.ts";
import { pointerOf } from "../errors.ts";
import { type JobSpec, parseJobSpec } from "../spec/spec.ts";
import { MAX_FIELD_ERRORS } from "../spec/spec-errors.ts";
import { canSetAt, keysOf, readAt, withValueAt } from "./json-pointer.ts";
import type { Parameter, ParameterValue, Range } from "./parameter.ts";
import type { Condition, Dimension, Option, Space } from "./parameter-space.ts";
import type { SweepSpec } from "./sweep-spec.ts";

/** Maximum values tried on the job spec; those of a parameter below choices count once for each choice. */
const MAX_TRIED = 4096;

/** Fields that say how a job is run or named: trials would not differ by them. */
const NOT_VARIED: ReadonlySet<string> = new Set([
  "name",
  "checkpoint",
  "priority",
  "max_seconds",
  "max_retries",
  "threads",
  "webhook",
]);

/** Rows and weights that came with the request. */
const BULK: readonly (readonly string[])[] = [
  ["data", "inline"],
  ["init_from", "state_dict"],
];

/** Creates the space of a sweep's parameters, or returns every fault of them with its place in the sweep's spec. */
export function createSpace(spec: SweepSpec): { readonly space: Space } | { readonly errors: readonly FieldError[] } {
  const trier = createTrier(spec);
  const { dimensions, errors } = trier.all();
  return errors.length > 0 ? { errors: errors.slice(0, MAX_FIELD_ERRORS) } : { space: { dimensions } };
}

/** A parameter that was tried: its dimension, and the job spec with each of its options. */
interface Tried {
  readonly dimension: Dimension;
  readonly specs: readonly { readonly value: ParameterValue; readonly spec: unknown }[];
}

function createTrier({ job, parameters, method }: SweepSpec) {
  const errors: FieldError[] = [];
  const tried = new Map<string, Tried | null>();
  const dimensions: Dimension[] = [];
  let left = MAX_TRIED;

  const fault = (pointer: string, detail: string, ...within: readonly string[]): null => {
    errors.push({ pointer: pointerOf(["parameters", pointer, ...within]), detail });
    return null;
  };

  /** The nearest parameter above a pointer. */
  function above(keys: readonly string[]): string | null {
    for (let length = keys.length - 1; length > 0; length--) {
      const pointer = pointerOf(keys.slice(0, length));
      if (Object.hasOwn(parameters, pointer)) return pointer;
    }
    return null;
  }

  function tryParameter(pointer: string): Tried | null {
    const known = tried.get(pointer);
    if (known !== undefined) return known;
    const result = tryNew(pointer, parameters[pointer] as Parameter);
    tried.set(pointer, result);
    if (result) dimensions.push(result.dimension);
    return result;
  }

  function tryNew(pointer: string, parameter: Parameter): Tried | null {
    const keys = keysOf(pointer);
    const refusal = refusalOf(keys, method.type);
    if (keys === null || refusal) return fault(pointer, refusal ?? "");
    const parent = above(keys);
    if (parent === null) {
      const base = withoutBulk(job);
      if (!canSetAt(base, keys)) return fault(pointer, missing(base, keys));
      return tryValues(pointer, keys, parameter, null, [base]);
    }
    const upper = tryParameter(parent);
    // The fault of the upper one is already reported.
    if (!upper) return null;
    const holding = upper.specs.filter(({ spec }) => readAt(spec, keys) !== undefined);
    if (holding.length === 0)
      return fault(pointer, `none of the values of ${parent} has this field: add it to the choices for which it is varied`);
    const condition = { pointer: parent, values: holding.map(({ value }) => value) };
    return tryValues(
      pointer,
      keys,
      parameter,
      condition,
      holding.map(({ spec }) => spec),
    );
  }

  function tryValues(
    pointer: string,
    keys: readonly string[],
    parameter: Parameter,
    condition: Condition | null,
    bases: readonly unknown[],
  ): Tried | null {
    const candidates = candidatesOf(parameter);
    left -= candidates.length * bases.length;
    if (left < 0)
      return fault(
        pointer,
        `this and the other parameters have more than ${MAX_TRIED} values to check, counted once for each choice above them`,
      );
    const found: Fault[] = [];
    const specs: { value: ParameterValue; spec: unknown }[] = [];
    for (const candidate of candidates) {
      const { value, part } = candidate;
      for (const [index, base] of bases.entries()) {
        const parsed = parseJobSpec(withValueAt(base, keys, part));
        if ("errors" in parsed) {
          found.push(...parsed.errors.map((error) => faultOf(error, pointer, candidate)));
          break;
        }
        // Look below it with the first of the choices above.
        if (index === 0) specs.push({ value, spec: parsed.spec });
      }
    }
    // Try a number between the ends only if both ends fit.
    const ofEnds = found.filter(({ within }) => within[0] !== "integer");
    const faults = ofEnds.length > 0 ? ofEnds : found;
    const [first] = faults;
    const tries = candidates.filter(({ within }) => within[0] !== "integer").length;
    const isSame = tries > 1 && faults.length === tries && faults.every(({ detail }) => detail === first?.detail);
    if (first && isSame) return fault(pointer, first.detail);
    for (const { within, detail } of faults) fault(pointer, detail, ...within);
    if (first) return null;
    if (!("choices" in parameter || "values" in parameter))
      return { dimension: { kind: "range", pointer, condition, range: parameter }, specs: [] };
    const options: Option[] = specs.map(({ value, spec }) => ({ value, part: readAt(spec, keys) }));
    return { dimension: { kind: "options", pointer, condition, options }, specs };
  }

  return {
    all() {
      for (const pointer of Object.keys(parameters)) tryParameter(pointer);
      return { dimensions, errors };
    },
  };
}

/** Why a pointer may never be varied; null if it may. */
function refusalOf(keys: readonly string[] | null, method: SweepSpec["method"]["type"]): string | null {
  if (keys === null)
    return `is not a JSON pointer (RFC 6901), as "/optimizer/lr" is: ~ and / within a name are written ~0 and ~1`;
  const [field = ""] = keys;
  if (keys.length === 0) return "points to the whole job spec: name one of its fields";
  if (NOT_VARIED.has(field)) return `does not change what is computed: set ${field} in job`;
  if (BULK.some((bulk) => bulk.every((key, index) => keys[index] === key)))
    return "is data in the request, which cannot be varied";
  if (field === "epochs" && method === "halving")
    return "cannot be combined with halving, which decides how many epochs a trial gets";
  return null;
}

/** The job spec without rows and weights, which would be validated again with each value. */
function withoutBulk(job: JobSpec): unknown {
  const data = "inline" in job.data ? { generator: { type: "xor" } } : job.data;
  const start = job.init_from && "state_dict" in job.init_from ? null : job.init_from;
  return { ...job, data, init_from: start };
}

function missing(base: unknown, keys: readonly string[]): string {
  const parents = keys.slice(0, -1).map((_, index) => keys.slice(0, index + 1));
  const first = parents.find((path) => readAt(base, path) === undefined || readAt(base, path) === null) ?? parents.at(-1) ?? [];
  const parent = pointerOf(first);
  if (Array.isArray(readAt(base, keys.slice(0, -1)))) return `the job spec has no ${pointerOf(keys)}`;
  return `the job spec has no ${parent}${readAt(base, first) === undefined ? "" : " with fields"}: add it there first`;
}

/** The fault, and its place in a parameter. */
interface Fault {
  readonly within: readonly string[];
  readonly detail: string;
}

/** A value to try, and its place in its parameter. */
interface Candidate extends Option {
  readonly within: readonly string[];
}

function candidatesOf(parameter: Parameter): Candidate[] {
  if ("values" in parameter)
    return parameter.values.map((value, index) => ({ value, part: value, within: ["values", String(index)] }));
  if ("choices" in parameter)
    return Object.entries(parameter.choices).map(([name, part]) => ({ value: name, part, within: ["choices", name] }));
  return candidatesOfRange(parameter);
}

/** Both ends, and, if the range allows fractions, one between whole numbers. */
function candidatesOfRange({ min, max, integer, step }: Range): Candidate[] {
  const ends = [
    { value: min, part: min, within: ["min"] },
    { value: max, part: max, within: ["max"] },
  ];
  const between = min + (step ?? (max - min) * 0.381966);
  if (integer || between >= max || Number.isInteger(between)) return ends;
  return [...ends, { value: between, part: between, within: ["integer"] }];
}

/** A fault of a value: its place in its parameter, and what is wrong. */
function faultOf({ pointer, detail }: FieldError, own: string, { within }: Candidate): Fault {
  const [form] = within;
  if (pointer === own && form !== "integer") return { within, detail };
  const below = pointer.startsWith(`${own}/`) ? keysOf(pointer.slice(own.length)) : null;
  if (form === "choices" && below) return { within: [...within, ...below], detail };
  const full = pointer === own ? detail : `${below ? pointer.slice(own.length) : pointer}: ${detail}`;
  if (form !== "integer") return { within, detail: full };
  return { within, detail: `numbers between min and max do not fit (${full}): set integer to true, or list values` };
}
