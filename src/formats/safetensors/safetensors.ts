/**
 * safetensors, the format in which PyTorch users exchange weights (huggingface/safetensors, "Format"): the header's length
 * as u64 little-endian, the header as JSON (name -> dtype, shape, byte offsets from the end of the header), then the values
 * with no holes between tensors. Knows nothing of models or HTTP.
 */
import { elementCount, type TensorSet } from "../../domain/tensor.ts";

export const SAFETENSORS_TYPE = "application/vnd.safetensors";

const FLOAT_BYTES = 4;
/** Values start at a multiple of this, so that they can be mapped as they are. */
const ALIGNMENT = 8;
const CHUNK_BYTES = 256 * 1024;

/** Bytes of a set of tensors as a safetensors file. */
export function safetensorsSize(set: TensorSet, metadata: Readonly<Record<string, string>> = {}): number {
  return encodeHeader(set, metadata).length + set.data.byteLength;
}

/** A set of float32 tensors as a safetensors file, in chunks; `metadata` is free text by key. */
export function* encodeSafetensors(
  set: TensorSet,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array<ArrayBuffer>> {
  yield encodeHeader(set, metadata);
  // Typed arrays are in the machine's order, which is little-endian on every platform that Node supports but s390x.
  const values = new Uint8Array(set.data.buffer, set.data.byteOffset, set.data.byteLength);
  for (let start = 0; start < values.length; start += CHUNK_BYTES) yield values.subarray(start, start + CHUNK_BYTES);
}

function encodeHeader(set: TensorSet, metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const fields: [name: string, value: object][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let offset = 0;
  for (const { name, shape } of set.entries) {
    const end = offset + elementCount(shape) * FLOAT_BYTES;
    fields.push([name, { dtype: "F32", shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // A tensor may be called __proto__: assigned to an object, that would be no field.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(8 + length).fill(0x20, 8);
  header.set(json, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  return header;
}
