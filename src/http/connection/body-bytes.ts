/**
 * Collects the bytes of a body in memory of its own, which can be transferred to a thread. Bytes are copied as they arrive, so that a chunk
 * can be freed at once: the garbage collector, in whose heap chunks are not, would leave a whole body lying, and then collect everything
 * at once because of it. Memory that was never used costs the system far more time than a copy: what is taken in one turn of the event
 * loop is bounded.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that are copied in one turn. */
export const TURN_BYTES = 256 * 1024;
/** A body that is announced to be so short is one block from the start. */
const SHORT_BYTES = 64 * 1024;

export interface BodyBytes {
  /** Copies a chunk. */
  add(chunk: Uint8Array): void;
  /** All bytes, in a buffer that they fill. Nothing may be added any more. */
  whole(): Bytes | Promise<Bytes>;
  /** Frees the memory. */
  discard(): void;
}

/** No bytes yet. `announced` is how many there will be by the header: a long body takes memory as it arrives, and not by its header. */
export function collectBody(announced: number): BodyBytes {
  /** Full blocks and the last one, of which `filled` bytes are. */
  let blocks: Bytes[] = [];
  let last: Bytes = new Uint8Array();
  let filled = 0;
  let size = 0;
  return {
    add(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (filled === last.length) {
          const isShort = announced >= size + chunk.length - at && announced <= SHORT_BYTES;
          last = new Uint8Array(isShort ? announced : TURN_BYTES);
          filled = 0;
          blocks.push(last);
        }
        const part = chunk.subarray(at, at + last.length - filled);
        last.set(part, filled);
        at += part.length;
        filled += part.length;
        size += part.length;
      }
    },
    whole() {
      if (blocks.length === 1 && last.length === size) return last;
      const body = new Uint8Array(size);
      if (blocks.length > 1) return fillInTurns(body, blocks);
      body.set(last.subarray(0, size));
      free(last);
      return body;
    },
    discard() {
      for (const block of blocks) free(block);
      blocks = [];
      last = new Uint8Array();
      filled = 0;
    },
  };
}

/** Frees the memory of a chunk that nobody else holds. */
export function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Fills a body with the blocks, one a turn, and frees each. */
async function fillInTurns(body: Bytes, blocks: readonly Bytes[]): Promise<Bytes> {
  let at = 0;
  for (const block of blocks) {
    if (at > 0) await nextTurn();
    const part = block.subarray(0, body.length - at);
    body.set(part, at);
    at += part.length;
    free(block);
  }
  return body;
}
