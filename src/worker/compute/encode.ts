/** Metric columns as JSON text. The same on every thread. */
import { decodeChunk, type WireColumns, wireColumns } from "../../domain/metrics/metric.ts";

const encoder = new TextEncoder();

/** `"epochs":[...],"series":{...}` as UTF-8. */
export function encodeWireColumns(columns: WireColumns): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(columns).slice(1, -1));
}

/** An object of the members of `head`, JSON with at least one, and the columns of a stored chunk of epochs `from`..`to`. */
export function encodeStoredChunk(head: string, from: number, to: number, columns: Uint8Array): Uint8Array<ArrayBuffer> {
  const members = JSON.stringify(wireColumns(decodeChunk(from, to, columns))).slice(1);
  return encoder.encode(`${head.slice(0, -1)},${members}`);
}

/** What `encodeWireColumns` has made. */
export function decodeWireColumns(json: Uint8Array): WireColumns {
  return JSON.parse(`{${new TextDecoder().decode(json)}}`) as WireColumns;
}
