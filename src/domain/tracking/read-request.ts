/** Reads a request of a tracking client: small ones on the event loop, others in a thread. */
import { z } from "zod";
import { invalid } from "../errors.ts";
import { parseForeignDocument } from "../protocols/foreign-json.ts";
import { fieldErrors } from "../spec/spec-errors.ts";
import { REQUESTS, type Request } from "./messages.ts";

export type RequestName = keyof typeof REQUESTS;

/** The fields of a request outside its body: in the query and in the path, which wins. */
export interface Beside {
  readonly query: object;
  readonly params: object;
}

/** Any object: a record schema would check every member, of which a body may have a hundred thousand. */
const anything = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  { error: "must be an object" },
);

/**
 * Reads a request from its body, query and path. Null members are left out.
 *
 * @throws {TrainyardError} `malformed` or `invalid`.
 */
export function readTrackingRequest<Name extends RequestName>(
  name: Name,
  body: Uint8Array | null,
  { query, params }: Beside,
): Request<Name> {
  const given = body === null ? {} : parseForeignDocument(anything, body);
  const schema: z.ZodType = REQUESTS[name];
  const members = Object.entries({ ...query, ...given, ...params }).filter(([, value]) => value !== null);
  const parsed = schema.safeParse(Object.fromEntries(members));
  if (!parsed.success) throw invalid(fieldErrors(parsed.error));
  return parsed.data as Request<Name>;
}
