/**
 * Bounds what validation collects: an array of a million wrong values would give a million faults, and take gigabytes. Decides when zod
 * stops; the schemas decide what a value may be.
 */
import type { z } from "zod";
import { MAX_FIELD_ERRORS } from "./spec-errors.ts";

/** Maximum fields of one record whose names the sender chose, such as columns and tensors. */
const MAX_RECORD_FIELDS = 10_000;

/**
 * Arrays whose elements need no further check, by their schema: a cheap test for elements of which a body may have millions. It may reject
 * a valid one, but never accepts a wrong one or one that the schema changes.
 */
export type Passes = ReadonlyMap<z.ZodType, (value: unknown) => boolean>;

/**
 * Changes a schema, and those within it, so that an array stops at `MAX_FIELD_ERRORS` faults, and a record with too many fields is not
 * checked further. Returns the schema.
 */
export function boundFaults<T extends z.ZodType>(schema: T, passes: Passes = new Map()): T {
  const seen = new Set<object>();
  const visit = (each: unknown): void => {
    if (typeof each !== "object" || each === null || seen.has(each)) return;
    seen.add(each);
    if (!isSchema(each)) {
      for (const part of Object.values(each)) visit(part);
      return;
    }
    const { def } = each._zod;
    if (def.type === "array") boundArray(each, (def as unknown as { element: Schema }).element, passes);
    if (def.type === "record") boundRecord(each);
    for (const key of CHILDREN) visit((def as unknown as Record<string, unknown>)[key]);
  };
  visit(schema);
  return schema;
}

type Schema = z.core.$ZodType;
type Payload = Parameters<Schema["_zod"]["parse"]>[0];
type Parse = (payload: Payload, context: z.core.ParseContextInternal) => z.core.util.MaybeAsync<Payload>;

/** Where a schema's definition contains other schemas. */
const CHILDREN = ["element", "shape", "options", "innerType", "items", "rest", "keyType", "valueType", "in", "out"] as const;

function isSchema(value: object): value is Schema {
  return "_zod" in value;
}

/** A schema with checks calls `parse` and then the checks; one without calls it as `run`. */
function replaceParse({ _zod: internals }: Schema, replace: (parse: Parse) => Parse): void {
  const parse = internals.parse as Parse;
  const replaced = replace(parse);
  if (internals.run === internals.parse) internals.run = replaced;
  // zod removes its own wrapper at the first parse (core/memoizer), and would remove ours with it.
  Object.defineProperty(internals, "parse", { get: () => replaced, set: () => undefined });
}

function boundArray(schema: Schema, element: Schema, passes: Passes): void {
  const passesAsIs = passes.get(element as z.ZodType) ?? (() => false);
  const maximum = maxLengthOf(schema);
  replaceParse(schema, (parse) => (payload, context) => {
    const input = payload.value;
    // zod reports an array that is too long and stops there.
    if (!Array.isArray(input) || input.length > maximum) return parse(payload, context);
    const output: unknown[] | null = input.every(passesAsIs) ? null : [];
    for (let index = 0; output !== null && index < input.length; index++) {
      const value: unknown = input[index];
      if (passesAsIs(value)) {
        output.push(value);
        continue;
      }
      // No request schema is asynchronous.
      const result = element._zod.run({ value, issues: [] }, context) as Payload;
      for (const issue of result.issues) {
        payload.issues.push({ ...issue, path: [index, ...(issue.path ?? [])] } as typeof issue);
      }
      output.push(result.value);
      if (payload.issues.length >= MAX_FIELD_ERRORS) break;
    }
    payload.value = output ?? input;
    return payload;
  });
}

function maxLengthOf({ _zod: { def } }: Schema): number {
  const lengths = (def.checks ?? []).map(({ _zod: check }) =>
    check.def.check === "max_length" ? (check.def as { readonly maximum?: number }).maximum : undefined,
  );
  return Math.min(...lengths.map((length) => length ?? Number.POSITIVE_INFINITY));
}

function boundRecord(schema: Schema): void {
  replaceParse(schema, (parse) => (payload, context) => {
    const input = payload.value;
    const fields = typeof input === "object" && input !== null ? Object.keys(input).length : 0;
    if (fields <= MAX_RECORD_FIELDS) return parse(payload, context);
    const message = `has ${fields} fields; at most ${MAX_RECORD_FIELDS} are allowed`;
    payload.issues.push({ code: "custom", input, inst: schema, message });
    return payload;
  });
}
