/**
 * Tensors as bytes, as in the binary tensor data extension of the Open Inference Protocol (Triton, docs/protocol/extension_binary_data.md):
 * little-endian, row-major, without padding; a BOOL is a byte, a text is its length in four bytes and then its UTF-8. Knows nothing of
 * models.
 */

/** The element types of tensors that can also be JSON values, and BF16, which cannot. */
export const DATATYPES = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "FP16",
  "BF16",
  "FP32",
  "FP64",
  "BOOL",
  "BYTES",
] as const;
export type Datatype = (typeof DATATYPES)[number];

/** How to read a type whose elements all have the same size. */
interface Fixed {
  readonly bytes: number;
  read(view: DataView, at: number): number | boolean;
}

const FIXED: Readonly<Record<Exclude<Datatype, "BYTES">, Fixed>> = {
  INT8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  INT16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  INT32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  // Integer columns are float64 values anyway, so nothing is lost that JSON would keep.
  INT64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  UINT8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  UINT16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  UINT32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  UINT64: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  FP16: { bytes: 2, read: (view, at) => view.getFloat16(at, true) },
  BF16: { bytes: 2, read: readBfloat16 },
  FP32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  FP64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  BOOL: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
};

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function readBfloat16(view: DataView, at: number): number {
  scratch.setUint32(0, view.getUint16(at, true) << 16);
  return scratch.getFloat32(0);
}

/** The bytes of a text's length. */
const LENGTH_BYTES = 4;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Reads `count` elements: numbers, booleans or texts. NaN becomes null, a missing value. Returns the fault as text if the bytes are not
 * exactly that many elements, or a text is not UTF-8.
 */
export function readTensor(bytes: Uint8Array, datatype: Datatype, count: number): unknown[] | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datatype === "BYTES") return readTexts(bytes, view, count);
  const { bytes: size, read } = FIXED[datatype];
  if (bytes.length !== count * size)
    return `has ${bytes.length} bytes, and ${count} values of ${datatype} have ${count * size}`;
  return Array.from({ length: count }, (_, index) => {
    const value = read(view, index * size);
    return Number.isNaN(value) ? null : value;
  });
}

function readTexts(bytes: Uint8Array, view: DataView, count: number): unknown[] | string {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const index = texts.length;
    const start = at + LENGTH_BYTES;
    const end = start <= bytes.length ? start + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) return `ends within value ${index}: each is its length in 4 bytes, and then as many bytes`;
    try {
      texts.push(decoder.decode(bytes.subarray(start, end)));
    } catch {
      return `value ${index} is not UTF-8`;
    }
    at = end;
  }
  return texts.length === count ? texts : `has ${texts.length} values, and the shape has ${count}`;
}

/** Writes the elements of an output. A text of a number becomes its number: infinities are texts elsewhere in the API. */
export function writeTensor(values: readonly unknown[], datatype: "FP64" | "BYTES"): Uint8Array {
  if (datatype === "BYTES") return writeTexts(values);
  const bytes = new Uint8Array(values.length * FIXED.FP64.bytes);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat64(index * FIXED.FP64.bytes, Number(value), true);
  });
  return bytes;
}

function writeTexts(values: readonly unknown[]): Uint8Array {
  const texts = values.map((value) => encoder.encode(String(value)));
  const bytes = new Uint8Array(texts.reduce((total, { length }) => total + LENGTH_BYTES + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + text.length;
  }
  return bytes;
}

const bits = (count: number) => ({ least: 0, most: 2 ** count - 1 });
const signedBits = (count: number) => ({ least: -(2 ** (count - 1)), most: 2 ** (count - 1) - 1 });

/** The values of the types of integers. */
const RANGES: Partial<Record<Datatype, { readonly least: number; readonly most: number }>> = {
  INT8: signedBits(8),
  INT16: signedBits(16),
  INT32: signedBits(32),
  INT64: signedBits(64),
  UINT8: bits(8),
  UINT16: bits(16),
  UINT32: bits(32),
  UINT64: bits(64),
};

/** Whether a JSON value is of a type. Floats may have more digits than their type. */
export function isOfType(value: unknown, datatype: Datatype): boolean {
  const range = RANGES[datatype];
  if (range) return Number.isInteger(value) && (value as number) >= range.least && (value as number) <= range.most;
  if (datatype === "BOOL") return typeof value === "boolean";
  return typeof value === (datatype === "BYTES" ? "string" : "number");
}
