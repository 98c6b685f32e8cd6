/**
 * Writes small Parquet files for tests: one row group, one plain page a column, not compressed unless a codec is given (parquet-format: Thrift's compact
 * protocol, PLAIN, and levels as bit-packed runs). It shares nothing with the reader.
 */

/** The storage of a column, and how a value of it is written. */
export type ParquetKind = "boolean" | "int64" | "double" | "text" | "timestamp";

export interface ParquetColumn {
  readonly name: string;
  readonly kind: ParquetKind;
  /** Of timestamps, milliseconds since 1970. */
  readonly values: readonly (string | number | boolean | null)[];
}

const TYPES: Readonly<Record<ParquetKind, number>> = { boolean: 0, int64: 2, double: 5, text: 6, timestamp: 2 };
/** What a type means where that is more than itself: UTF8, TIMESTAMP_MILLIS. */
const MEANINGS: Partial<Record<ParquetKind, number>> = { text: 0, timestamp: 9 };
const MAGIC = Buffer.from("PAR1");

/** How pages are compressed: the number of the codec in parquet-format, and what does it. */
export interface ParquetCodec {
  readonly codec: number;
  readonly pack: (page: Buffer) => Buffer;
}

const UNCOMPRESSED: ParquetCodec = { codec: 0, pack: (page) => page };

/** The bytes of a file. */
export function writeParquet(columns: readonly ParquetColumn[], { codec, pack }: ParquetCodec = UNCOMPRESSED): Buffer {
  const rows = columns[0]?.values.length ?? 0;
  let offset = MAGIC.length;
  const pages = columns.map((column) => {
    const { bytes, unpacked } = pageOf(column, pack);
    const page = { column, bytes, unpacked, offset };
    offset += bytes.length;
    return page;
  });
  const chunks = pages.map(({ column: { name, kind }, bytes, unpacked, offset: at }) =>
    struct({
      2: i64(at),
      3: struct({
        ...{ 1: i32(TYPES[kind]), 2: list(I32, [varint(0), varint(zigzag(3))]), 3: list(BINARY, [text(name)]), 4: i32(codec) },
        ...{ 5: i64(rows), 6: i64(unpacked), 7: i64(bytes.length), 9: i64(at) },
      }),
    }),
  );
  const schema = columns.map(({ name, kind }) => {
    const meaning = MEANINGS[kind];
    return struct({
      1: i32(TYPES[kind]),
      3: i32(1),
      4: [BINARY, text(name)],
      ...(meaning !== undefined && { 6: i32(meaning) }),
    });
  });
  const root = struct({ 4: [BINARY, text("schema")], 5: i32(columns.length) });
  const group = struct({
    1: list(
      STRUCT,
      chunks.map(([, bytes]) => bytes),
    ),
    2: i64(offset),
    3: i64(rows),
  });
  const all = [root, ...schema].map(([, bytes]) => bytes);
  const [, footer] = struct({ 1: i32(1), 2: list(STRUCT, all), 3: i64(rows), 4: list(STRUCT, [group[1]]) });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([MAGIC, ...pages.map(({ bytes }) => bytes), footer, length, MAGIC]);
}

function pageOf({ kind, values }: ParquetColumn, pack: ParquetCodec["pack"]) {
  const levels = bits(values.map((value) => value !== null));
  const runs = Buffer.concat([varint(BigInt(Math.ceil(values.length / 8) * 2 + 1)), levels]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(runs.length);
  const body = Buffer.concat([
    length,
    runs,
    plain(
      kind,
      values.filter((value) => value !== null),
    ),
  ]);
  const data = struct({ 1: i32(values.length), 2: i32(0), 3: i32(3), 4: i32(3) });
  const packed = pack(body);
  const [, header] = struct({ 1: i32(0), 2: i32(body.length), 3: i32(packed.length), 5: data });
  return { bytes: Buffer.concat([header, packed]), unpacked: header.length + body.length };
}

function plain(kind: ParquetKind, values: readonly (string | number | boolean)[]): Buffer {
  if (kind === "boolean") return bits(values as boolean[]);
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(8);
      if (kind === "double") bytes.writeDoubleLE(value as number);
      else if (kind !== "text") bytes.writeBigInt64LE(BigInt(value));
      else {
        const content = Buffer.from(value as string);
        bytes.writeUInt32LE(content.length);
        return Buffer.concat([bytes.subarray(0, 4), content]);
      }
      return bytes;
    }),
  );
}

function bits(values: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(values.length / 8));
  values.forEach((value, index) => {
    if (value) bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7));
  });
  return bytes;
}

type Field = readonly [type: number, bytes: Buffer];
const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12] as const;

const zigzag = (value: number): bigint => BigInt(value) * 2n;
const i32 = (value: number): Field => [I32, varint(zigzag(value))];
const i64 = (value: number): Field => [I64, varint(zigzag(value))];

function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function list(type: number, items: readonly Buffer[]): Field {
  const head =
    items.length < 15 ? Buffer.from([(items.length << 4) | type]) : Buffer.from([0xf0 | type, ...varint(items.length)]);
  return [LIST, Buffer.concat([head, ...items])];
}

/** Fields by their number, in its order. */
function struct(fields: Readonly<Record<number, Field>>): Field {
  let last = 0;
  const parts = Object.entries(fields).flatMap(([id, [type, bytes]]) => {
    const head = Buffer.from([((Number(id) - last) << 4) | type]);
    last = Number(id);
    return [head, bytes];
  });
  return [STRUCT, Buffer.concat([...parts, Buffer.from([0])])];
}
