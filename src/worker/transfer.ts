/** Transfers memory between threads instead of copying it. A transferred buffer is empty on the sending side. */
import type { Rows } from "../domain/metrics/downsampling.ts";

/** Returns the buffers of views, without duplicates. Leaves out a view of a part of its buffer, whose whole buffer is copied instead. */
export function wholeBuffers(views: readonly ArrayBufferView[]): ArrayBuffer[] {
  const buffers = views.flatMap(({ byteLength, buffer }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0 ? [buffer] : [],
  );
  return [...new Set(buffers)];
}

/** Returns the buffers of chunks, without duplicates. Assumes that columns which share a buffer fill it together. */
export function chunkBuffers(chunks: readonly Rows[]): ArrayBuffer[] {
  const buffersOf = (chunk: Rows) => [...Object.values(chunk.series), ...("epochs" in chunk ? [chunk.epochs] : [])];
  return [...new Set(chunks.flatMap((chunk) => buffersOf(chunk).map(({ buffer }) => buffer)))];
}

/** A value and the buffers to transfer. */
interface Moved {
  readonly value: unknown;
  readonly buffers: readonly ArrayBuffer[];
}

/** Registered, because a thread may have loaded this module twice: as a source and as a part of the build. */
const MOVED = Symbol.for("trainyard.moved");

/** Wraps what a task returns so that its buffers are transferred. Whoever runs the task gets the value: pool-thread.ts unwraps it. */
export function moving<T extends object>(value: T, buffers: readonly ArrayBuffer[]): T {
  return { [MOVED]: { value, buffers } satisfies Moved } as unknown as T;
}

/** Returns what a task returned, and the buffers that `moving` wrapped it with. */
export function unmoved(returned: unknown): Moved {
  return (returned as Record<symbol, Moved> | null | undefined)?.[MOVED] ?? { value: returned, buffers: [] };
}

/** Shorter pieces are copied into blocks of about this length, because each piece costs its receiver some time. */
const BLOCK_BYTES = 1024 * 1024;

/** Returns the same bytes in fewer pieces, in order. Long pieces are passed on, never copied. */
export function inBlocks<File extends { readonly pieces: readonly Uint8Array<ArrayBuffer>[] }>(file: File): File {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  let short: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const flush = (): void => {
    if (size > 0) blocks.push(joined(short, size));
    short = [];
    size = 0;
  };
  for (const piece of file.pieces) {
    if (piece.length >= BLOCK_BYTES || size >= BLOCK_BYTES) flush();
    if (piece.length >= BLOCK_BYTES) blocks.push(piece);
    else {
      short.push(piece);
      size += piece.length;
    }
  }
  flush();
  return { ...file, pieces: blocks };
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
