/**
 * Values for JSON schemas, as OpenAPI 3.1 has them: ones that conform, and ones that conform but for a few places. Knows the
 * keywords that our document uses, and nothing of HTTP.
 */
import fc from "fast-check";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema | boolean;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** What a property of this name is given instead of what its schema says, so that a valid job ends within the test. */
export type Overrides = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const MAX_DEPTH = 7;
const MAX_ITEMS = 4;

/** Makes arbitraries of the schemas of one document. */
export function createArbitraries(components: Readonly<Record<string, Schema>>, overrides: Overrides) {
  const named = (ref: string): Schema => components[ref.split("/").at(-1) as string] ?? {};

  const valid = (schema: Schema | boolean | undefined, depth = 0): fc.Arbitrary<unknown> => {
    if (schema === undefined || typeof schema === "boolean") return json();
    if (schema.$ref) return valid(named(schema.$ref), depth);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return fc.oneof(...usable(options, depth).map((option) => valid(option, depth)));
    const types = [schema.type ?? "any"].flat();
    return fc.oneof(...types.map((type) => (KINDS[type] ?? json)(schema, depth)));
  };

  /** Beyond the depth, options that lead nowhere deeper are enough. */
  const usable = (options: readonly Schema[], depth: number): readonly Schema[] => {
    const flat = options.filter(({ $ref, type }) => !$ref && type !== "object" && type !== "array");
    return depth > MAX_DEPTH && flat.length > 0 ? flat : options;
  };

  const object = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
    const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
    const members = Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => depth <= MAX_DEPTH || required.includes(name))
        .map(([name, member]) => [name, overrides[name] ?? fc.memo(() => valid(member, depth + 1))(1)]),
    );
    const known = fc.record(members, { requiredKeys: required.filter((name) => name in members) });
    if (typeof additionalProperties !== "object" || Object.keys(additionalProperties).length === 0) return known;
    const names = propertyNames ? (valid(propertyNames) as fc.Arbitrary<string>) : fc.string({ maxLength: 8 });
    const others = fc.dictionary(names, valid(additionalProperties, depth + 1), { maxKeys: 3 });
    return fc.tuple(known, others).map(([own, extra]) => ({ ...extra, ...own }));
  };

  const array = ({ items, prefixItems, minItems = 0, maxItems = MAX_ITEMS }: Schema, depth: number): fc.Arbitrary<unknown> => {
    if (prefixItems) return fc.tuple(...prefixItems.map((item) => valid(item, depth + 1)));
    const most = depth > MAX_DEPTH ? minItems : Math.max(minItems, Math.min(maxItems, MAX_ITEMS));
    return fc.array(valid(items, depth + 1), { minLength: minItems, maxLength: most });
  };

  const KINDS: Readonly<Record<string, (schema: Schema, depth: number) => fc.Arbitrary<unknown>>> = {
    object,
    array,
    string: text,
    integer: (schema) => integer(schema),
    number: (schema) => number(schema),
    boolean: () => fc.boolean(),
    null: () => fc.constant(null),
  };

  return {
    valid: (schema: Schema): fc.Arbitrary<unknown> => valid(schema),
    /** A conforming value that was hit in one to three places. */
    corrupted: (schema: Schema): fc.Arbitrary<unknown> =>
      fc
        .tuple(valid(schema), fc.array(fc.tuple(fc.nat(), fc.nat(), rubbish()), { minLength: 1, maxLength: 3 }))
        .map(([value, hits]) => hits.reduce((current, [place, how, thing]) => hit(current, place, how, thing), value)),
  };
}

function integer({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? (exclusiveMinimum === undefined ? -1000 : exclusiveMinimum + 1);
  const max = maximum ?? (exclusiveMaximum === undefined ? Math.max(1000, min) : exclusiveMaximum - 1);
  return fc.oneof(
    fc.maxSafeInteger().map((value) => Math.min(max, Math.max(min, value))),
    fc.constantFrom(min, max),
  );
}

function number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? exclusiveMinimum ?? -1e6;
  const max = maximum ?? exclusiveMaximum ?? Math.max(1e6, min);
  return fc.double({
    min,
    max,
    minExcluded: exclusiveMinimum !== undefined && min < max,
    maxExcluded: exclusiveMaximum !== undefined && min < max,
    noNaN: true,
  });
}

function text({ pattern, minLength = 0, maxLength = 20, format }: Schema): fc.Arbitrary<string> {
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  if (format === "uri") return fc.webUrl();
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const lengths = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 20)) };
  return fc.oneof(fc.string(lengths), fc.string({ ...lengths, unit: "binary" }));
}

/** Any JSON value, small. */
export function json(): fc.Arbitrary<unknown> {
  return fc.jsonValue({ maxDepth: 2 });
}

/** Values that break programs. */
export function rubbish(): fc.Arbitrary<unknown> {
  const deep = fc.integer({ min: 60, max: 300 }).map((depth) => {
    let value: unknown = 1;
    for (let level = 0; level < depth; level++) value = [value];
    return value;
  });
  return fc.oneof(
    json(),
    fc.constantFrom<unknown>(null, true, "", " ", 0, -0, -1, 0.5, 2 ** 53, 1e308, -1e308, 5e-324, "NaN", [], {}, [[]], [null]),
    fc.constantFrom<unknown>(
      "\u0000",
      "\ud800",
      "../../etc/passwd",
      "' OR 1=1 --",
      "\u202e",
      "constructor",
      "__proto__",
      "%00",
    ),
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.integer({ min: 1, max: 3000 }).map((length) => "x".repeat(length)),
    fc.constant(JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')),
    deep,
  );
}

/** One place of a value replaced, removed, doubled or given a stranger. */
function hit(value: unknown, place: number, how: number, thing: unknown): unknown {
  if (value === null || typeof value !== "object") return thing;
  const isArray = Array.isArray(value);
  const keys = Object.keys(value);
  const kind = how % 5;
  if (keys.length === 0 || kind === 0) return isArray ? [...value, thing] : { ...value, [strangerOf(thing)]: thing };
  const key = keys[place % keys.length] as string;
  const member = (value as Record<string, unknown>)[key];
  if (kind === 1) return isArray ? value.filter((_, index) => String(index) !== key) : without(value, key);
  const next = kind === 2 ? thing : hit(member, Math.floor(place / keys.length), Math.floor(how / 5), thing);
  return isArray ? value.map((item, index) => (String(index) === key ? next : item)) : { ...value, [key]: next };
}

function strangerOf(thing: unknown): string {
  return typeof thing === "string" && thing !== "__proto__" ? thing.slice(0, 40) : "stranger";
}

function without(value: object, key: string): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
