/** Memory that moves between threads instead of being copied. What was moved is empty on the side that sent it. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { Rows } from "../domain/metrics/downsampling.ts";

/** The buffers under views, each once. A view of a part would take the rest of its buffer along, so it is copied instead. */
export function wholeBuffers(views: readonly ArrayBufferView[]): ArrayBuffer[] {
  const buffers = views.flatMap(({ byteLength, buffer }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > 0 ? [buffer] : [],
  );
  return [...new Set(buffers)];
}

/** The buffers under chunks, each once. Columns may share one: together they are taken to be all there is in it. */
export function chunkBuffers(chunks: readonly Rows[]): ArrayBuffer[] {
  const buffersOf = (chunk: Rows) => [...Object.values(chunk.series), ...("epochs" in chunk ? [chunk.epochs] : [])];
  return [...new Set(chunks.flatMap((chunk) => buffersOf(chunk).map(({ buffer }) => buffer)))];
}

/** A value for a thread's function to return whose buffers move. */
export function moving<T extends object>(value: T, buffers: readonly ArrayBuffer[]): T {
  // Piscina takes the value and the list out again; the caller on the other side sees the value.
  return move({ [valueSymbol]: value, [transferableSymbol]: buffers }) as unknown as T;
}
