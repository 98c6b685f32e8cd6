/**
 * Large answers in slices, so that none holds the event loop, whatever its route has put into it: objects are written as JSON in slices,
 * and texts are sent in pieces.
 */
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isOneSlice, writeInSlices } from "../../app/write-in-slices.ts";
import type { App } from "../context.ts";

/** Has every answer that is an object, and takes more than a slice, written in slices. */
export function writeAnswersInSlices(app: App): void {
  app.addHook("preSerialization", (_request, reply, payload, done) => {
    if (typeof payload !== "object" || payload === null || isOneSlice(payload)) return done(null, payload);
    writeInSlices(payload).then((text) => {
      reply.serializer(() => text);
      done(null, payload);
    }, done);
  });
}

/** Characters of a piece: to encode and to send them takes a millisecond or two. */
const PIECE = 128 * 1024;

/** Has every answer that is a long text sent in pieces. To be added after what looks at texts of answers. */
export function sendTextsInPieces(app: App): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (typeof payload !== "string" || payload.length <= PIECE) return done(null, payload);
    reply.header("content-length", Buffer.byteLength(payload));
    done(null, Readable.from(piecesOf(payload), { objectMode: false }));
  });
}

async function* piecesOf(text: string): AsyncGenerator<Buffer> {
  for (let from = 0; from < text.length; ) {
    if (from > 0) await nextTurn();
    const end = Math.min(from + PIECE, text.length);
    // A pair of surrogates stays together.
    const to = end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
    yield Buffer.from(text.slice(from, to));
    from = to;
  }
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
