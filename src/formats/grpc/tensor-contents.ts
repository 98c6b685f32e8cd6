/** Converts the values of a tensor in a message, by their type, to the protocol's bytes: see `domain/protocols/tensor-bytes.ts`. */
import { invalid } from "../../domain/errors.ts";
import { join } from "../protobuf.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Decoded values, by the field that they came in. */
export type Contents = Readonly<Record<string, readonly Bytes[] | undefined>>;

/** A number as 64 bits: its lower and upper half. */
type Write = (view: DataView, at: number, low: number, high: number) => boolean;

interface Source {
  /** The field for values of this type. */
  readonly field: string;
  /** Bytes of a value; undefined if the message already has them as bytes. */
  readonly size?: number;
  /** Writes a value. Returns whether it is one of the type. */
  readonly write?: Write;
}

const UNSIGNED_32 = 2 ** 32;

/** Writes an integer of at most 32 bits. A negative one has all upper bits set. */
const small = (field: string, size: 1 | 2 | 4, min: number, max: number): Source => ({
  field,
  size,
  write(view, at, low, high) {
    const value = min < 0 ? low | 0 : low >>> 0;
    if (value < min || value > max || high >>> 0 !== (value < 0 ? UNSIGNED_32 - 1 : 0)) return false;
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    return true;
  },
});

const large = (field: string): Source => ({
  field,
  size: 8,
  write(view, at, low, high) {
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
    return true;
  },
});

/** The field of each datatype. FP16 and BF16 have none of their own. */
const SOURCES: Readonly<Record<string, Source>> = {
  BOOL: small("bool", 1, 0, 1),
  INT8: small("int", 1, -128, 127),
  INT16: small("int", 2, -32_768, 32_767),
  INT32: small("int", 4, -2_147_483_648, 2_147_483_647),
  INT64: large("int64"),
  UINT8: small("uint", 1, 0, 255),
  UINT16: small("uint", 2, 0, 65_535),
  UINT32: small("uint", 4, 0, UNSIGNED_32 - 1),
  UINT64: large("uint64"),
  FP32: { field: "fp32" },
  FP64: { field: "fp64" },
};

/**
 * Converts the contents of the tensor at `pointer` to its bytes. Throws `invalid` for values in a field of another type, and for values
 * outside of the datatype. An unknown datatype has no bytes: the reader of the request refuses it.
 */
export function tensorBytes(contents: Contents, datatype: string, pointer: string): Bytes {
  const fail = (detail: string) => invalid([{ pointer: `${pointer}/contents`, detail }]);
  const given = Object.keys(contents);
  if (datatype === "FP16" || datatype === "BF16") {
    if (given.length === 0) return new Uint8Array();
    throw fail(`has no field for ${datatype}: send raw_input_contents`);
  }
  const source = SOURCES[datatype];
  const field = datatype === "BYTES" ? "bytes" : source?.field;
  const wrong = given.find((name) => name !== field);
  if (wrong && field) throw fail(`values of ${datatype} come in ${field}_contents, not in ${wrong}_contents`);
  const pieces = contents[field ?? ""] ?? [];
  if (datatype === "BYTES") return texts(pieces);
  const encoded = whole(pieces);
  if (!source?.write) return encoded;
  const bytes = integers(encoded, source);
  if (typeof bytes === "number") throw fail(`value ${bytes} is not of type ${datatype}`);
  return bytes;
}

/** Maximum axes of a tensor: models take at most two. */
const MAX_AXES = 16;

/** The shape of the tensor at `pointer`. Throws `invalid` for too many axes. */
export function shapeOf(pieces: readonly Bytes[], pointer: string): number[] {
  const encoded = whole(pieces);
  // Each size takes at least one byte, and at most ten.
  const bytes = encoded.length > 10 * MAX_AXES ? null : (integers(encoded, large("int64")) as Bytes);
  if (bytes === null || bytes.length > 8 * MAX_AXES)
    throw invalid([{ pointer: `${pointer}/shape`, detail: `has more than ${MAX_AXES} sizes, which is the maximum` }]);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 8 }, (_, index) => Number(view.getBigInt64(8 * index, true)));
}

/** Returns the bytes, or the index of the first value that is not of the type. */
function integers(encoded: Bytes, { size = 8, write }: Source): Bytes | number {
  let count = 0;
  for (const byte of encoded) if (byte < 0x80) count++;
  const view = new DataView(new ArrayBuffer(count * size));
  let at = 0;
  for (let index = 0; index < count; index++) {
    let [low, high] = [0, 0];
    for (let shift = 0; ; shift += 7) {
      const byte = encoded[at++] as number;
      const bits = byte & 0x7f;
      if (shift <= 28) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    if (!write?.(view, index * size, low, high)) return index;
  }
  return new Uint8Array(view.buffer);
}

/** Each text after its length in four bytes. */
function texts(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((total, { length }) => total + 4 + length, 0));
  const view = new DataView(all.buffer);
  let at = 0;
  for (const piece of pieces) {
    view.setUint32(at, piece.length, true);
    all.set(piece, at + 4);
    at += 4 + piece.length;
  }
  return all;
}

function whole(pieces: readonly Bytes[]): Bytes {
  return join({ size: pieces.reduce((total, { length }) => total + length, 0), pieces });
}
