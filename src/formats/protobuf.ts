/**
 * Writes protocol buffers ("Encoding", protobuf.dev): varints, tags, length-delimited fields. Knows the wire format and no schema. A
 * message is a list of pieces, so that large values are passed on and never copied.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** Encoded bytes in pieces, in order. */
export interface Encoded {
  readonly size: number;
  readonly pieces: readonly Bytes[];
}

const WIRE = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

const encoder = new TextEncoder();

/** Concatenated fields: the content of a message. */
export function message(...fields: readonly Encoded[]): Encoded {
  return { size: fields.reduce((total, { size }) => total + size, 0), pieces: fields.flatMap(({ pieces }) => pieces) };
}

/** An integer field (int32, int64, enum): a safe integer. Negative ones take ten bytes, as the format requires. */
export function integer(field: number, value: number): Encoded {
  return encoded([...tag(field, WIRE.varint), ...varint(value)]);
}

export function float(field: number, value: number): Encoded {
  const bytes = Uint8Array.of(...tag(field, WIRE.fixed32), 0, 0, 0, 0);
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, value, true);
  return { size: bytes.length, pieces: [bytes] };
}

export function double(field: number, value: number): Encoded {
  const bytes = Uint8Array.of(...tag(field, WIRE.fixed64), 0, 0, 0, 0, 0, 0, 0, 0);
  new DataView(bytes.buffer).setFloat64(bytes.length - 8, value, true);
  return { size: bytes.length, pieces: [bytes] };
}

export function string(field: number, text: string): Encoded {
  return bytes(field, encoder.encode(text));
}

export function bytes(field: number, value: Bytes): Encoded {
  return nested(field, { size: value.length, pieces: [value] });
}

/** A nested message. */
export function nested(field: number, content: Encoded): Encoded {
  return message(encoded([...tag(field, WIRE.delimited), ...varint(content.size)]), content);
}

/** All pieces as one. */
export function join({ size, pieces }: Encoded): Bytes {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function encoded(values: readonly number[]): Encoded {
  return { size: values.length, pieces: [Uint8Array.from(values)] };
}

function tag(field: number, wire: number): number[] {
  return varint(field * 8 + wire);
}

/** Seven bits in each byte, the least significant first; the top bit says that more follow. */
function varint(value: number): number[] {
  const result: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    result.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  result.push(Number(rest));
  return result;
}
