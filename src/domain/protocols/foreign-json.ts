/** JSON from clients of other servers, which are mostly written in Python: with the constants that its json.dumps writes. */
import type { z } from "zod";
import { TrainyardError } from "../errors.ts";
import { parseDocument } from "../json-document.ts";

/**
 * The floats that json.dumps writes and JSON lacks, and texts, in which nothing is replaced. A text may lack its end: a search that failed
 * there would start again at every quote of the rest.
 */
const CONSTANTS = /"(?:[^"\\]|\\.)*"?|NaN|Infinity/gs;

/** NaN is a missing value, and 1e999 is read as infinity, also behind a minus sign. */
const IN_JSON: Readonly<Record<string, string>> = { NaN: "null", Infinity: "1e999" };

/** Parses as `parseDocument` does, and accepts these constants. Throws what it throws. */
export function parseForeignDocument<T extends z.ZodType>(schema: T, bytes: Uint8Array): z.output<T> {
  try {
    return parseDocument(schema, bytes);
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== "malformed") throw error;
    const text = Buffer.from(bytes).toString("utf8");
    const replaced = text.replaceAll(CONSTANTS, (found) => IN_JSON[found] ?? found);
    if (replaced === text) throw error;
    return parseDocument(schema, Buffer.from(replaced));
  }
}
