/**
 * Reads protocol buffers ("Encoding", protobuf.dev) by a table of fields. Fields that the table lacks are skipped, as the format requires;
 * groups, which are deprecated, are refused.
 */
import { TrainyardError } from "../domain/errors.ts";

type Bytes = Uint8Array<ArrayBufferLike>;

/**
 * The type of a field: a scalar, a message with its own table, or `elements`: the encoded values of a repeated number, concatenated,
 * whether the sender packed them or not. A repeated float or double is then its little-endian bytes.
 */
type Kind = "text" | "bytes" | "bool" | "integer" | "double" | "elements" | MessageType;

interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly isRepeated?: boolean;
}

/** The fields of a message, by their numbers. */
export type MessageType = Readonly<Record<number, Field>>;

/** A decoded message: repeated fields are lists, missing fields are left out. */
export type Message = Readonly<Record<string, unknown>>;

export interface ReadBounds {
  /** Maximum fields, including those of nested messages: a message counts as four, for the time that it takes. */
  readonly fields: number;
  /** What to do instead, for a sender with more. */
  readonly cure: string;
}

const WIRE = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;
const WIRE_OF: Readonly<Record<string, number>> = {
  text: WIRE.delimited,
  bytes: WIRE.delimited,
  bool: WIRE.varint,
  integer: WIRE.varint,
  double: WIRE.fixed64,
};
const FIELDS_A_MESSAGE = 4;
/** Maximum nesting of messages; ours have five levels. */
const DEEPEST = 16;
/** Bytes of the longest varint: 64 bits, seven in each byte. */
const VARINT_BYTES = 10;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a message. Throws `malformed` for invalid bytes, and `too_large` for more fields than the limits allow. */
export function readMessage(type: MessageType, bytes: Bytes, bounds: ReadBounds): Message {
  return new Reader(bounds).message(type, bytes, 0);
}

class Reader {
  readonly #bounds: ReadBounds;
  #fields = 0;

  constructor(bounds: ReadBounds) {
    this.#bounds = bounds;
  }

  message(type: MessageType, bytes: Bytes, depth: number): Message {
    if (depth > DEEPEST) throw malformed(`has messages within messages more than ${DEEPEST} deep`);
    const read: Record<string, unknown> = {};
    const cursor = new Cursor(bytes);
    while (!cursor.isAtEnd) {
      this.#count(1);
      const tag = cursor.varint();
      const [number, wire] = [Math.floor(tag / 8), tag % 8];
      const value = cursor.value(wire);
      const field = type[number];
      if (!field) continue;
      const { name, kind, isRepeated } = field;
      if (kind === "elements") {
        add(read, name, value);
        continue;
      }
      const expected = typeof kind === "string" ? WIRE_OF[kind] : WIRE.delimited;
      if (wire !== expected) throw malformed(`has ${name} in wire type ${wire} instead of ${expected}`);
      if (typeof kind !== "string") this.#count(FIELDS_A_MESSAGE - 1);
      const decoded = typeof kind === "string" ? scalar(kind, value) : this.message(kind, value, depth + 1);
      if (isRepeated) add(read, name, decoded);
      else read[name] = decoded;
    }
    return read;
  }

  #count(more: number): void {
    const { fields, cure } = this.#bounds;
    this.#fields += more;
    if (this.#fields <= fields) return;
    const detail = `the message has more than ${fields} fields, where a message within it counts as ${FIELDS_A_MESSAGE}: ${cure}`;
    throw new TrainyardError("too_large", detail);
  }
}

function add(message: Record<string, unknown>, name: string, value: unknown): void {
  const list = message[name] as unknown[] | undefined;
  if (list) list.push(value);
  else message[name] = [value];
}

function scalar(kind: string, value: Bytes): unknown {
  if (kind === "bytes") return value;
  if (kind === "text") return text(value);
  if (kind === "double") return new DataView(value.buffer, value.byteOffset, value.length).getFloat64(0, true);
  const number = signed(value);
  return kind === "bool" ? number !== 0n : Number(number);
}

function text(bytes: Bytes): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed("has a text that is not UTF-8");
  }
}

/** A varint as a signed 64-bit integer. */
function signed(varint: Bytes): bigint {
  let value = 0n;
  for (let at = varint.length - 1; at >= 0; at--) value = (value << 7n) | BigInt((varint[at] as number) & 0x7f);
  return BigInt.asIntN(64, value);
}

/** The position of a reader in its bytes. */
class Cursor {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A tag or a length: a number below 2^53. */
  varint(): number {
    const start = this.#at;
    // Without a view of its bytes, because a small message has as many tags and lengths as fields.
    this.#at = this.#varintEnd();
    let value = 0;
    for (let at = this.#at - 1; at >= start; at--) value = value * 128 + ((this.#bytes[at] as number) & 0x7f);
    if (!Number.isSafeInteger(value)) throw malformed("has a tag or length above 2^53");
    return value;
  }

  /** The bytes of a value, without the length of a delimited one. */
  value(wire: number): Bytes {
    if (wire === WIRE.varint) return this.#take(this.#varintEnd() - this.#at);
    if (wire === WIRE.fixed64) return this.#take(8);
    if (wire === WIRE.fixed32) return this.#take(4);
    if (wire === WIRE.delimited) return this.#take(this.varint());
    throw malformed(`has wire type ${wire}`);
  }

  /** The end of the varint that begins here. */
  #varintEnd(): number {
    const most = Math.min(this.#bytes.length, this.#at + VARINT_BYTES);
    for (let at = this.#at; at < most; at++) if ((this.#bytes[at] as number) < 0x80) return at + 1;
    throw malformed("ends within a number, or has one of more than 64 bits");
  }

  #take(length: number): Bytes {
    if (length > this.#bytes.length - this.#at) throw malformed("ends within a field");
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }
}

function malformed(fault: string): TrainyardError {
  return new TrainyardError("malformed", `the message ${fault}`);
}
