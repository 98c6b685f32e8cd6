/**
 * Reads bodies of foreign protocols, whose clients are written in Python mostly: JSON with the constants that its json.dumps writes,
 * and JSON with tensors in bytes behind it.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import { TrainyardError } from "../../domain/errors.ts";
import { parseBody } from "./body.ts";

/**
 * What json.dumps writes for floats that JSON has not, and texts, in which nothing is replaced. A text may lack its end: a search that
 * failed there would begin anew at every quote of the rest.
 */
const CONSTANTS = /"(?:[^"\\]|\\.)*"?|NaN|Infinity/gs;

/** NaN is a missing value, and 1e999 is read as infinity, also behind a minus sign. */
const IN_JSON: Readonly<Record<string, string>> = { NaN: "null", Infinity: "1e999" };

/** Parses a small JSON body by a schema. Throws `malformed`, or `invalid` with every failure. */
export function parseForeignBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  try {
    return parseBody(schema, body);
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== "malformed") throw error;
    const text = Buffer.from((body ?? new Uint8Array()) as Uint8Array).toString("utf8");
    const replaced = text.replaceAll(CONSTANTS, (found) => IN_JSON[found] ?? found);
    if (replaced === text) throw error;
    return parseBody(schema, Buffer.from(replaced));
  }
}

/** A body of JSON and what follows it. */
export interface FramedBody {
  readonly json: Uint8Array;
  readonly bytes: Uint8Array;
}

/** The header that says how many bytes of a body are its JSON, where tensors follow. */
export const JSON_LENGTH_HEADER = "inference-header-content-length";

/** Cuts a body where the header says. Throws `malformed` for a length that the body has not. */
export function framedBody(headers: IncomingHttpHeaders, body: unknown): FramedBody {
  const all = (body ?? new Uint8Array()) as Uint8Array;
  const given = headers[JSON_LENGTH_HEADER];
  if (given === undefined) return { json: all, bytes: all.subarray(all.length) };
  const length = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN;
  if (!(length <= all.length)) {
    const detail = `Inference-Header-Content-Length must be the bytes of the JSON, at most the ${all.length} of the body, not ${given}`;
    throw new TrainyardError("malformed", detail);
  }
  return { json: all.subarray(0, length), bytes: all.subarray(length) };
}
