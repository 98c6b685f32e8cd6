/** Metric columns as JSON text: the members of an object, without its braces. The same on every thread. */
import { decodeSlice, type WireColumns, wireColumns } from "../domain/metric.ts";

const encoder = new TextEncoder();

/** `"epochs":[...],"series":{...}` as UTF-8. */
export function encodeWireColumns(columns: WireColumns): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(columns).slice(1, -1));
}

/** The same for a stored slice of epochs `from`..`to`. */
export function encodeStoredSlice(from: number, to: number, columns: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeWireColumns(wireColumns(decodeSlice(from, to, columns)));
}
