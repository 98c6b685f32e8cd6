/** Requests for every operation of an OpenAPI document: some right, most wrong in one way or several. */
import fc from "fast-check";
import { createArbitraries, json, type Overrides, rubbish, type Schema } from "./schema-arbitraries.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface FuzzedRequest {
  readonly operationId: string;
  readonly method: string;
  /** With its query. `{job}` and the like stand for things that the server has. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** Names of things in a path, by parameter, that are replaced with real ones when a request is sent. */
export const STAND_INS = ["job", "dataset", "model", "version", "name", "key", "checkpoint"] as const;
export type StandIn = (typeof STAND_INS)[number];

const small = (most: number) => fc.integer({ min: 1, max: most });

/** Whatever conforms trains within milliseconds. */
const TAME: Overrides = {
  epochs: fc.oneof({ weight: 9, arbitrary: small(4) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, 100_000_001) }),
  samples: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 2, max: 40 }) }, fc.constantFrom(1, 10_000_001)),
  max_seconds: fc.constantFrom(0.1, 1, 60),
  units: fc.oneof({ weight: 9, arbitrary: small(8) }, fc.constantFrom(0, 1_000_000)),
  keep: small(3),
  url: fc.constantFrom(
    "http://127.0.0.1:9/hook",
    "https://example.invalid/hook",
    "ftp://example.com",
    "http://169.254.169.254/",
  ),
};

/** Of what takes long there are fewer. Others have 10. */
const WEIGHTS: Readonly<Record<string, number>> = { backUp: 1 };

/** A request for any operation of the document. */
export function requestsOf(document: ApiDocument): fc.Arbitrary<FuzzedRequest> {
  const arbitraries = createArbitraries(document.components.schemas, TAME);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.oneof(
    ...operations.map((each) => ({
      weight: WEIGHTS[each.operation.operationId] ?? 10,
      arbitrary: requestOf(each, arbitraries),
    })),
  );
}

type Arbitraries = ReturnType<typeof createArbitraries>;

function requestOf(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  arbitraries: Arbitraries,
): fc.Arbitrary<FuzzedRequest> {
  const parameters = operation.parameters ?? [];
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  const inHeader = parameters.filter((parameter) => parameter.in === "header");
  return fc
    .record({
      segments: fc.tuple(...inPath.map((parameter) => segmentOf({ path, method }, parameter, arbitraries))),
      query: queryOf(inQuery, arbitraries),
      headers: headersOf(inHeader, arbitraries),
      body: bodyOf(operation, arbitraries),
    })
    .map(({ segments, query, headers, body }) => {
      const filled = inPath.reduce((text, { name }, index) => text.replace(`{${name}}`, segments[index] as string), path);
      return {
        operationId: operation.operationId,
        method,
        path: query === "" ? filled : `${filled}?${query}`,
        headers: { ...headers, ...(body.type === null ? {} : { "content-type": body.type }) },
        body: body.bytes,
      };
    });
}

/** What the things of a path are called in STAND_INS. */
function standInOf(path: string, name: string): StandIn | null {
  if (name === "ref") return "model";
  if (name === "version" || name === "name") return name;
  if (name !== "id") return null;
  return THINGS.find(([beginning]) => path.startsWith(beginning))?.[1] ?? null;
}

const THINGS: readonly (readonly [string, StandIn])[] = [
  ["/v1/jobs", "job"],
  ["/v1/datasets", "dataset"],
  ["/v1/keys", "key"],
  ["/v1/checkpoints", "checkpoint"],
];

/** A thing that is deleted has to be made again, which takes longer than a request: most deletions are of what is not there. */
const REAL = { weight: 6, ofDeletion: 1 };

function segmentOf(
  { path, method }: { path: string; method: string },
  { name, schema }: Parameter,
  arbitraries: Arbitraries,
): fc.Arbitrary<string> {
  const standIn = standInOf(path, name);
  const conforming = arbitraries.valid(schema).map((value) => encodeURIComponent(wellFormed(String(value))));
  const wrong = rubbish().map((value) =>
    encodeURIComponent(wellFormed(typeof value === "string" ? value : JSON.stringify(value))),
  );
  const raw = fc.constantFrom("%", "%zz", "%00", "..", "%2e%2e", "a%2fb", "@", "x@", "@x", "a@b@c", "%ff");
  const weight = method === "DELETE" ? REAL.ofDeletion : REAL.weight;
  const real = standIn ? [{ weight, arbitrary: fc.constant(`{${standIn}}`) }] : [];
  return fc.oneof(
    ...real,
    { weight: 2, arbitrary: conforming },
    { weight: 1, arbitrary: wrong },
    { weight: 1, arbitrary: raw },
  );
}

/** Text that can be encoded: a lone half of a surrogate pair cannot. */
function wellFormed(text: string): string {
  return text.toWellFormed().slice(0, 400) || "x";
}

function queryOf(parameters: readonly Parameter[], arbitraries: Arbitraries): fc.Arbitrary<string> {
  const value = (schema: Schema): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 4, arbitrary: arbitraries.valid(schema) }, { weight: 1, arbitrary: rubbish() });
  const one = parameters.map(({ name, schema, required }) =>
    fc.option(value(schema), { freq: required ? 9 : 1, nil: undefined }).map((given) => [name, given] as const),
  );
  const stranger = fc.option(fc.tuple(fc.string({ maxLength: 8 }), rubbish()), { freq: 1, nil: undefined });
  return fc.tuple(fc.tuple(...one), fc.boolean(), stranger).map(([given, withStranger, other]) => {
    const pairs = [...given, ...(withStranger && other ? [other] : [])];
    return pairs
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => `${encodeURIComponent(wellFormed(name))}=${encodeURIComponent(wellFormed(textOf(each)))}`)
      .join("&");
  });
}

function headersOf(parameters: readonly Parameter[], arbitraries: Arbitraries): fc.Arbitrary<Record<string, string>> {
  const one = parameters.map(({ name, schema }) =>
    fc
      .option(fc.oneof(arbitraries.valid(schema), fc.string({ maxLength: 20 })), { freq: 1, nil: undefined })
      .map((value) => [name.toLowerCase(), value === undefined ? undefined : printable(textOf(value))] as const),
  );
  // The sender adds a key that is right where there is none.
  const authorization = fc.oneof(
    { weight: 30, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom("Bearer", "Bearer ty_none", "Basic eDp5", "Bearer  ", "bearer a b c", "\u00ff") },
  );
  const accept = fc.constantFrom(undefined, "application/json", "text/csv", "text/event-stream", "*/*", "x");
  return fc.tuple(fc.tuple(...one), accept, authorization).map(([given, type, shown]) => {
    const all = [...given, ["accept", type] as const, ["authorization", shown] as const];
    return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined));
  });
}

/** What a header can carry. */
function printable(value: string): string {
  return (
    value
      .replaceAll(/[^\x20-\x7e]/g, "")
      .trim()
      .slice(0, 300) || "x"
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

interface Body {
  readonly type: string | null;
  readonly bytes: string | Uint8Array | null;
}

function bodyOf({ requestBody }: Operation, arbitraries: Arbitraries): fc.Arbitrary<Body> {
  const none = fc.constant<Body>({ type: null, bytes: null });
  if (!requestBody) return fc.oneof({ weight: 5, arbitrary: none }, { weight: 1, arbitrary: anyBody("application/json") });
  const options = Object.entries(requestBody.content).map(([type, { schema = {} }]) =>
    type === "application/json" ? jsonBody(schema, arbitraries) : anyBody(type),
  );
  const wrongType = anyBody("application/xml");
  return fc.oneof(
    { weight: 12, arbitrary: fc.oneof(...options) },
    { weight: 1, arbitrary: none },
    { weight: 1, arbitrary: wrongType },
  );
}

function jsonBody(schema: Schema, arbitraries: Arbitraries): fc.Arbitrary<Body> {
  const values = fc.oneof(
    { weight: 4, arbitrary: arbitraries.valid(schema) },
    { weight: 5, arbitrary: arbitraries.corrupted(schema) },
    { weight: 1, arbitrary: json() },
  );
  const whole = values.map((value) => JSON.stringify(value) ?? "");
  const cut = fc.tuple(whole, fc.nat()).map(([text, at]) => text.slice(0, text.length === 0 ? 0 : at % text.length));
  return fc
    .oneof({ weight: 12, arbitrary: whole }, { weight: 1, arbitrary: cut }, { weight: 1, arbitrary: rawBytes() })
    .map((bytes) => ({ type: "application/json", bytes }));
}

const TABLES = [
  "a,b\n1,2\n3,4\n",
  "a;b\r\n1;x\r\n",
  '{"a":1}\n{"a":2}\n',
  '[{"a":1}]',
  '{"columns":["a"],"rows":[[1]]}',
  "\ufeffa\n1\n",
  '"a\n1',
  "",
];

function anyBody(type: string): fc.Arbitrary<Body> {
  const types = fc.constantFrom(
    type,
    `${type}; charset=utf-8`,
    `${type}; boundary=x`,
    "multipart/form-data; boundary=x",
    "x/y",
    "",
  );
  const multipart = fc
    .tuple(fc.constantFrom("file", "name", "delimiter", "x"), fc.string({ maxLength: 30, unit: "binary" }))
    .map(
      ([name, text]) => `--x\r\ncontent-disposition: form-data; name="${name}"; filename="t.csv"\r\n\r\n${text}\r\n--x--\r\n`,
    );
  return fc
    .tuple(types, fc.oneof(rawBytes(), fc.constantFrom(...TABLES), multipart, fc.json()))
    .map(([chosen, bytes]) => ({ type: chosen === "" ? null : chosen, bytes }));
}

function rawBytes(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ minLength: 200, maxLength: 3000 }));
}
