/** Notes as a header of an answer, for protocols whose body has no room for them. */
import type { FastifyReply } from "fastify";
import type { Note } from "../../domain/notes.ts";

/** A JSON array of notes, in ASCII. */
const NOTES_HEADER = "trainyard-notes";
/** Clients and proxies take 8 kB of headers, some of them for all headers together. */
const MAX_LENGTH = 4096;

/** Sets the header if there are notes: as many as fit. */
export function setNotesHeader(reply: FastifyReply, notes: readonly Note[]): void {
  const fitting: string[] = [];
  let length = 2;
  for (const each of notes) {
    const text = asciiJson(each);
    length += text.length + 1;
    if (length > MAX_LENGTH) break;
    fitting.push(text);
  }
  if (fitting.length > 0) reply.header(NOTES_HEADER, `[${fitting.join()}]`);
}

/** JSON with characters beyond ASCII, and DEL, escaped, because a header allows no others. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
