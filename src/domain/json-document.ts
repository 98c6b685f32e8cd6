/**
 * A whole JSON document from a client, checked by a schema. Knows no route: small documents are parsed on the event loop, others in a
 * thread.
 */
import type { z } from "zod";
import { invalid, TrainyardError } from "./errors.ts";
import { fieldErrors } from "./spec/spec-errors.ts";
import { jsonHeapBytes, parseUntrusted } from "./untrusted-json.ts";

/** Parses JSON in UTF-8 by a schema. Throws `malformed`, or `invalid` with every fault, including members that reach prototypes. */
export function parseDocument<T extends z.ZodType>(schema: T, bytes: Uint8Array): z.output<T> {
  const given = parseUntrusted(bytes, { heapBytes: jsonHeapBytes(bytes.byteLength), members: Number.POSITIVE_INFINITY });
  if (!given.ok) {
    const { code, pointer, detail } = given;
    throw code === "invalid" ? invalid([{ pointer, detail }]) : new TrainyardError(code, detail);
  }
  const parsed = schema.safeParse(given.value);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error));
  return parsed.data;
}
