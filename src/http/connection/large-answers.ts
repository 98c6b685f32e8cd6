/**
 * Large answers in slices, so that none holds the event loop, whatever its route has put into it: objects are written as JSON in slices,
 * texts are sent in pieces, and the memory of bytes is freed once they are sent.
 */
import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import { isOneSlice, writeParts } from "../../app/write-in-slices.ts";
import { freeMemory } from "../../domain/memory/free-memory.ts";
import type { App } from "../context.ts";

/** Has every answer that is an object, and takes more than a slice, written in slices. */
export function writeAnswersInSlices(app: App): void {
  app.addHook("preSerialization", (_request, reply, payload, done) => {
    if (typeof payload !== "object" || payload === null || isOneSlice(payload)) return done(null, payload);
    writeParts(payload).then((parts) => {
      const body = bodyOf(reply, parts);
      // Fastify takes a stream from here too, and sends it as it is.
      reply.serializer(() => body as string);
      done(null, payload);
    }, done);
  });
}

/** Sends texts that are JSON, one after the other. */
export function sendJson(reply: FastifyReply, parts: readonly string[]): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(bodyOf(reply, parts));
}

function bodyOf(reply: Pick<FastifyReply, "header">, parts: readonly string[]): string | Readable {
  const length = parts.reduce((total, part) => total + part.length, 0);
  return length <= KEPT ? parts.join("") : sendParts(reply, parts);
}

/**
 * Returns the body of an answer that is these texts, one after the other, and says its length. Never joined: a text of megabytes is memory that
 * was never used, and takes the system as long as all the rest.
 */
function sendParts(reply: Pick<FastifyReply, "header">, parts: readonly string[]): Readable {
  reply.header(
    "content-length",
    parts.reduce((total, part) => total + Buffer.byteLength(part), 0),
  );
  return Readable.from(piecesOf(parts), { objectMode: false });
}

/**
 * Returns these pieces as the body of an answer. Nothing else may use them: the memory of each is freed once the system has taken it, because
 * otherwise the garbage collector would run for a file that was sent long ago.
 */
export function sendBytes(
  { raw }: { readonly raw: ServerResponse },
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Readable {
  const waiting = () => body.readableLength + raw.writableLength;
  const body: Readable = Readable.from(freedWhenSent(pieces, raw, waiting), { objectMode: false });
  return body;
}

/** Yields the pieces. `waiting` returns how many bytes of those that were yielded the system has not taken, or more. */
async function* freedWhenSent(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  response: ServerResponse,
  waiting: () => number,
): AsyncGenerator<Uint8Array, void, void> {
  // A request within the process keeps the pieces.
  if (!(response.socket instanceof Socket)) return yield* pieces;
  const given: Uint8Array[] = [];
  response.once("finish", () => freeMemory(...given));
  for await (const piece of pieces) {
    freeMemory(...given.splice(0, given.length - countLast(given, waiting())));
    given.push(piece);
    yield piece;
  }
}

/** How many of the last pieces are needed to have so many bytes: a slow reader always waits for some, and those before them are sent. */
function countLast(pieces: readonly Uint8Array[], bytes: number): number {
  let [count, total] = [0, 0];
  while (total < bytes && count < pieces.length) total += pieces[pieces.length - ++count]?.length ?? 0;
  return count;
}

/** Characters of a piece: to encode and to send them takes a millisecond or two. */
const PIECE = 128 * 1024;
/** Answers up to this are texts, which may be kept for an idempotency key. */
const KEPT = 256 * 1024;

/** Has every answer that is a long text sent in pieces. To be added after what looks at texts of answers. */
export function sendTextsInPieces(app: App): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (typeof payload !== "string" || payload.length <= PIECE) return done(null, payload);
    done(null, sendParts(reply, [payload]));
  });
}

async function* piecesOf(parts: readonly string[]): AsyncGenerator<Buffer> {
  let short: string[] = [];
  let length = 0;
  const take = (): Buffer => {
    const piece = Buffer.from(short.join(""));
    short = [];
    length = 0;
    return piece;
  };
  for (const part of parts) {
    for (let from = 0; from < part.length; ) {
      const end = Math.min(from + PIECE - length, part.length);
      // A pair of surrogates stays together.
      const to = end < part.length && isHighSurrogate(part.charCodeAt(end - 1)) ? end + 1 : end;
      short.push(part.slice(from, to));
      length += to - from;
      from = to;
      if (length < PIECE) continue;
      yield take();
      await nextTurn();
    }
  }
  if (length > 0) yield take();
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
