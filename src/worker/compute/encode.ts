/** Encodes metric columns as JSON text. Runs on any thread. */
import { decodeChunk, type WireColumns, wireColumns } from "../../domain/metrics/metric.ts";

const encoder = new TextEncoder();

/** Encodes columns as `"epochs":[...],"series":{...}` in UTF-8. */
export function encodeWireColumns(columns: WireColumns): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(columns).slice(1, -1));
}

/**
 * Encodes a JSON object with the members of `head` and the columns of a stored chunk of the epochs `from`..`to`. `head` is a JSON
 * object with at least one member.
 */
export function encodeStoredChunk(head: string, from: number, to: number, columns: Uint8Array): Uint8Array<ArrayBuffer> {
  const members = JSON.stringify(wireColumns(decodeChunk(from, to, columns))).slice(1);
  return encoder.encode(`${head.slice(0, -1)},${members}`);
}

/** Decodes what `encodeWireColumns` encoded. */
export function decodeWireColumns(json: Uint8Array): WireColumns {
  return JSON.parse(`{${new TextDecoder().decode(json)}}`) as WireColumns;
}
