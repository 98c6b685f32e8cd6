/**
 * The writer of safetensors, the format in which PyTorch users exchange weights (huggingface/safetensors, "Format"): the length
 * of the header as little-endian u64, the header as JSON (name -> dtype, shape, byte offsets from the end of the header), then
 * the values of contiguous tensors. Knows nothing of models or HTTP.
 */
import { elementCount, type TensorSet } from "../../domain/tensor.ts";

export const SAFETENSORS_TYPE = "application/vnd.safetensors";

const FLOAT_BYTES = 4;
/** Values start at a multiple of this, so that files can be memory-mapped. */
const ALIGNMENT = 8;
const CHUNK_BYTES = 256 * 1024;

/** A file: its size in bytes, and its pieces in order, to be iterated once. */
export interface SafetensorsFile {
  readonly size: number;
  readonly pieces: Generator<Uint8Array<ArrayBuffer>>;
}

/** Encodes a set of float32 tensors as a safetensors file; `metadata` has text by key. */
export function encodeSafetensors(set: TensorSet, metadata: Readonly<Record<string, string>> = {}): SafetensorsFile {
  const header = encodeHeader(set, metadata);
  return { size: header.length + set.data.byteLength, pieces: piecesOf(header, set) };
}

function* piecesOf(header: Uint8Array<ArrayBuffer>, { data }: TensorSet): Generator<Uint8Array<ArrayBuffer>> {
  yield header;
  // Typed arrays have the machine's byte order: little-endian on every platform that Node supports except s390x.
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
  // A tensor may be named __proto__, which assignment to an object would not add as a field.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(8 + length).fill(0x20, 8);
  header.set(json, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  return header;
}
