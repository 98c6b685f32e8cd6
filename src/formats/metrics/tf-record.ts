/**
 * TFRecord frames (tensorflow/core/lib/io/record_writer.h): u64 length, masked CRC-32C of it, data, masked CRC-32C of that. Knows nothing
 * of the content.
 */
import { maskedCrc32c } from "./crc32c.ts";

/** Bytes before the data: the u64 length and its checksum. */
const HEAD_BYTES = 12;
const TAIL_BYTES = 4;

/** Returns records as frames, concatenated. */
export function frameRecords(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(records.reduce((total, { length }) => total + HEAD_BYTES + length + TAIL_BYTES, 0));
  let offset = 0;
  for (const record of records) offset = frame(framed, offset, record);
  return framed;
}

/** Writes one framed record and returns the offset of the next one. */
function frame(into: Uint8Array<ArrayBuffer>, offset: number, data: Uint8Array): number {
  const view = new DataView(into.buffer);
  const start = offset + HEAD_BYTES;
  const end = start + data.length;
  view.setBigUint64(offset, BigInt(data.length), true);
  view.setUint32(offset + 8, maskedCrc32c(into, offset, offset + 8), true);
  into.set(data, start);
  view.setUint32(end, maskedCrc32c(into, start, end), true);
  return end + TAIL_BYTES;
}

/**
 * Returns the last whole record of a file that comes in parts, and the number of records before the first that is truncated or has wrong
 * checksums: what a reader of the file has seen.
 */
export async function lastRecord(parts: AsyncIterable<Uint8Array>): Promise<{ records: number; last: Uint8Array | null }> {
  let records = 0;
  let last: Uint8Array | null = null;
  let rest = new Uint8Array(0);
  for await (const part of parts) {
    const bytes = new Uint8Array(rest.length + part.length);
    bytes.set(rest);
    bytes.set(part, rest.length);
    let at = 0;
    for (let record = recordAt(bytes, at); record !== null; record = recordAt(bytes, at)) {
      if (record === "damaged") return { records, last };
      records++;
      last = record.slice();
      at += HEAD_BYTES + record.length + TAIL_BYTES;
    }
    rest = bytes.slice(at);
  }
  return { records, last };
}

/** The data of the record at an offset; null if more bytes are needed. */
function recordAt(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array | "damaged" | null {
  if (at + HEAD_BYTES > bytes.length) return null;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes, at, at + 8)) return "damaged";
  const start = at + HEAD_BYTES;
  const end = start + Number(view.getBigUint64(at, true));
  if (end + TAIL_BYTES > bytes.length) return null;
  return view.getUint32(end, true) === maskedCrc32c(bytes, start, end) ? bytes.subarray(start, end) : "damaged";
}
