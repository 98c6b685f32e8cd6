/**
 * Collects the bytes of a body in memory of its own, which can be transferred to a thread. Bytes are copied once, as they arrive, so that a
 * chunk can be freed at once: the garbage collector, in whose heap chunks are not, would keep a whole body, and then collect everything
 * at once because of it. The memory of a long body is one buffer that grows in its place: address space is reserved for the largest body, and
 * pages are taken a step at a time. Allocating all of it at once, because of the header or to join blocks, would start the collector at that moment.
 */
import { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { freeMemory } from "../../domain/memory/free-memory.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The bytes of a body as they arrive; a chunk is valid until the next one is asked for. Ending early leaves the stream open, so that the
 * answer can still be sent. Throws `closed` if the connection ends before the body does.
 */
export async function* bodyChunks(stream: Readable, closed: () => Error): AsyncGenerator<Bytes, void, void> {
  const isSocket = stream instanceof IncomingMessage;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Bytes>) {
      yield chunk;
      // Nothing else holds a chunk from a socket. The garbage collector would keep a whole body, which is outside its heap.
      if (isSocket) freeMemory(chunk);
    }
  } catch {
    throw closed();
  }
}

/** Bytes by which a body grows, and that are copied in one turn. */
export const TURN_BYTES = 256 * 1024;
/** A body whose announced length is at most this gets memory of that length from the start. */
const SHORT_BYTES = 64 * 1024;

export interface BodyBytes {
  /** Copies a chunk. Throws a RangeError over the limit. */
  add(chunk: Uint8Array): void;
  /** Returns all bytes, in a buffer of exactly their length. Nothing may be added after that. */
  whole(): Bytes;
  /** Frees the memory. */
  discard(): void;
}

/**
 * Creates an empty collection. `announced` is the length that the header gives: a long body gets memory as it arrives, not because of its header.
 * `limit` is the maximum length.
 */
export function collectBody(announced: number, limit: number): BodyBytes {
  let bytes: Bytes = new Uint8Array();
  let size = 0;
  const makeRoom = (needed: number): void => {
    if (needed <= announced && announced <= SHORT_BYTES) {
      bytes = new Uint8Array(announced);
      return;
    }
    const step = Math.min(limit, Math.ceil(needed / TURN_BYTES) * TURN_BYTES);
    if (bytes.buffer.resizable) {
      bytes.buffer.resize(step);
      return;
    }
    // Without a length, a view is as long as its buffer is at the time.
    const long = new Uint8Array(new ArrayBuffer(step, { maxByteLength: limit }));
    long.set(bytes.subarray(0, size));
    freeMemory(bytes);
    bytes = long;
  };
  return {
    add(chunk) {
      const needed = size + chunk.length;
      if (needed > bytes.length) makeRoom(needed);
      bytes.set(chunk, size);
      size = needed;
    },
    whole() {
      if (bytes.length === size) return bytes;
      // A short body with fewer bytes than its header said: only requests within the process have such bodies.
      if (!bytes.buffer.resizable) return bytes.slice(0, size);
      bytes.buffer.resize(size);
      return bytes;
    },
    discard() {
      freeMemory(bytes);
      bytes = new Uint8Array();
      size = 0;
    },
  };
}
