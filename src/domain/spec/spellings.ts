/**
 * The accepted spellings of a job spec, resolved before validation. `"adam"` stands for `{"type": "adam"}`. A type under another library's
 * name gets an error with our name, and is read as ours, so that other faults are still found. A misplaced field gets an error with its
 * right place. All of it follows from the schema; the names of other libraries are in foreign-names.ts.
 */
import { z } from "zod";
import { type FieldError, pointerOf } from "../errors.ts";
import { nearest } from "../spelling.ts";
import { adviceOn, fieldOfForeign, typeOfForeign } from "./foreign-names.ts";
import { oneOf } from "./zod-messages.ts";

/** A full spec, and the faults in how it names its types. */
export interface Spelled {
  readonly value: unknown;
  readonly errors: readonly FieldError[];
  /** Pointers of the values that were written as their type alone. */
  readonly shortened: ReadonlySet<string>;
}

/** Expands a value by its schema. The value itself is not changed; unchanged parts are shared with the result. */
export function spellOut(value: unknown, schema: z.ZodType): Spelled {
  const errors: FieldError[] = [];
  const shortened = new Set<string>();
  return { value: expand(value, schema, [], { errors, shortened }), errors, shortened };
}

interface Findings {
  readonly errors: FieldError[];
  readonly shortened: Set<string>;
}

type Path = readonly (string | number)[];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function expand(value: unknown, given: z.ZodType, path: Path, findings: Findings): unknown {
  const schema = unwrap(given);
  if (!hasTypes(schema)) return value;
  if (schema instanceof z.ZodDiscriminatedUnion) return expandTyped(value, schema, path, findings);
  if (schema instanceof z.ZodUnion) {
    if (!isRecord(value)) return value;
    return schema.options.reduce<unknown>((found, option) => expand(found, option as z.ZodType, path, findings), value);
  }
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return value;
    return value.map((item, index) => expand(item, schema.element as z.ZodType, [...path, index], findings));
  }
  if (schema instanceof z.ZodObject && isRecord(value)) return expandFields(value, schema, path, findings);
  return value;
}

function expandFields(value: Record<string, unknown>, schema: z.ZodObject, path: Path, findings: Findings): unknown {
  const expanded = { ...value };
  for (const [name, field] of Object.entries(schema.shape))
    if (Object.hasOwn(value, name)) expanded[name] = expand(value[name], field as z.ZodType, [...path, name], findings);
  return expanded;
}

function expandTyped(given: unknown, schema: z.ZodDiscriminatedUnion, path: Path, { errors, shortened }: Findings): unknown {
  const isShort = typeof given === "string";
  if (isShort) shortened.add(pointerOf(path));
  const value = isShort ? { type: given } : given;
  if (!isRecord(value) || typeof value.type !== "string") return value;
  const options = typedOptions(schema);
  const { type } = value;
  const meant = options.has(type) ? type : meantType(type, [...options.keys()]);
  if (meant === null) return value;
  if (meant !== type) {
    const pointer = pointerOf(isShort ? path : [...path, "type"]);
    const detail = `${JSON.stringify(type)} is not known here: did you mean ${JSON.stringify(meant)}?`;
    errors.push({ pointer, detail: `${detail} It must be ${oneOf([...options.keys()])}` });
  }
  return expandFields({ ...value, type: meant }, options.get(meant) as z.ZodObject, path, { errors, shortened });
}

const meantType = (type: string, types: readonly string[]) => typeOfForeign(type, types) ?? nearest(type, types);

const optionsOf = new Map<z.ZodType, ReadonlyMap<string, z.ZodObject>>();

/** The objects of a union by their type, including those of nested unions. */
function typedOptions(schema: z.ZodDiscriminatedUnion): ReadonlyMap<string, z.ZodObject> {
  const known = optionsOf.get(schema);
  if (known) return known;
  const options = new Map<string, z.ZodObject>();
  optionsOf.set(schema, options);
  for (const option of schema.options) {
    if (option instanceof z.ZodDiscriminatedUnion) for (const [type, inner] of typedOptions(option)) options.set(type, inner);
    if (!(option instanceof z.ZodObject)) continue;
    const { type } = option.shape as { type?: unknown };
    if (type instanceof z.ZodLiteral) options.set(String(type.value), option);
  }
  return options;
}

/** A schema without wrappers that only make it optional. */
function unwrap(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}

/** The parts of a schema: those that a value has by name, and the others, with the step that leads to them. */
function partsOf(schema: z.ZodType): { readonly step: string | null; readonly part: z.ZodType }[] {
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => ({ step: null, part: unwrap(option as z.ZodType) }));
  if (schema instanceof z.ZodArray) return [{ step: ANY, part: unwrap(schema.element as z.ZodType) }];
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).map(([step, field]) => ({ step, part: unwrap(field as z.ZodType) }));
}

const typed = new Map<z.ZodType, boolean>();

/** Whether a value of a schema can contain a type anywhere. Rows cannot, so they are skipped. */
function hasTypes(schema: z.ZodType): boolean {
  let found = typed.get(schema);
  if (found === undefined) {
    found = schema instanceof z.ZodDiscriminatedUnion || partsOf(schema).some(({ part }) => hasTypes(part));
    typed.set(schema, found);
  }
  return found;
}

/** Any position of an array, in a pattern of pointers. */
const ANY = "*";
/** Maximum places named to the sender. */
const SHOWN_PLACES = 2;

/** Says where an unknown field belongs; null if nothing of that name is known. */
export type ExplainUnknown = (path: Path, name: string) => string | null;

/** Explains unknown fields by all places where the schema has a field of that name, or of our name for it. */
export function createExplainUnknown(schema: z.ZodType, first: readonly string[]): ExplainUnknown {
  const places = new Map<string, string[]>();
  const collect = (part: z.ZodType, at: string): void => {
    for (const { step, part: inner } of partsOf(part)) {
      const place = step === null ? at : `${at}/${step}`;
      if (step !== null && step !== ANY && !(places.get(step) ?? []).includes(place))
        places.set(step, [...(places.get(step) ?? []), place]);
      collect(inner, place);
    }
  };
  collect(unwrap(schema), "");
  const rank = (place: string) => (first.indexOf(place.split("/")[1] as string) + first.length + 1) % (first.length + 1);
  return (path, name) => {
    const advice = adviceOn(name);
    if (advice) return advice;
    const known = places.has(name) ? name : fieldOfForeign(name);
    const all = known && places.get(known);
    if (!known || !all) return null;
    const parent = pointerOf(path.map((step) => (typeof step === "number" ? ANY : step)));
    if (all.includes(`${parent}/${known}`)) return known === name ? null : `is not a field here: did you mean ${known}?`;
    const within = all.filter((place) => parent !== "" && place.startsWith(`${parent}/`));
    const sorted = (within.length > 0 ? within : all).toSorted((a, b) => rank(a) - rank(b));
    return `is not a field here: did you mean ${sorted.slice(0, SHOWN_PLACES).join(" or ")}?`;
  };
}
