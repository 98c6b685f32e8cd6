/**
 * The meaning of a Parquet column's stored values, by the declared type: hyparquet returns what is stored, and this table interprets it.
 * Knows no pages (hyparquet) and no tables (parquet.ts). Format: apache/parquet-format, LogicalTypes.md.
 */
import type { SchemaElement, SchemaTree } from "hyparquet";
import type { CellValue } from "./value-cells.ts";

/** How the cells of a column are made. */
export interface ColumnReader {
  /** The type passed to hyparquet: normally none, so that it returns the stored values. */
  readonly told: Pick<SchemaElement, "converted_type" | "logical_type">;
  /** The cell of a stored value that is not null; left out if they are the same. */
  readonly cellOf?: (stored: never) => CellValue;
  /** Cells are milliseconds since 1970, not numbers. */
  readonly isTime?: boolean;
  /** Cells are whole numbers, like the file's own minimum and maximum. */
  readonly isWhole?: boolean;
  /** Stored as unsigned 32 bits, which some writers pack as 64-bit numbers (see parquet.ts). */
  readonly isUnsigned32?: boolean;
  /** There are no values, whatever is stored. */
  readonly isEmpty?: boolean;
}

/** The reader of a column, or the name of an unsupported type as a text. */
export function columnReader({ element, children }: SchemaTree): ColumnReader | string {
  const type = typeName(element);
  if (children.length > 0 && type !== "MAP" && type !== "VARIANT") return type === "LIST" ? "LIST" : "STRUCT";
  if (children.length > 0 || element.repetition_type === "REPEATED")
    return type === "MAP" || type === "VARIANT" ? type : "LIST";
  return READERS.get(type)?.(element) ?? type;
}

/** A converted type as the logical type that has replaced it. */
const LOGICAL_OF_CONVERTED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    UTF8: "STRING",
    TIME_MILLIS: "TIME",
    TIME_MICROS: "TIME",
    TIMESTAMP_MILLIS: "TIMESTAMP",
    TIMESTAMP_MICROS: "TIMESTAMP",
    MAP_KEY_VALUE: "MAP",
  }),
);

/** The name of the declared type: its logical type, else its converted type, else the stored type. */
function typeName({ type, logical_type: logical, converted_type: converted }: SchemaElement): string {
  const declared = logical?.type ?? (converted && (LOGICAL_OF_CONVERTED.get(converted) ?? converted));
  if (declared === undefined) return type ?? "STRUCT";
  return /^U?INT_\d+$/.test(declared) ? "INTEGER" : declared;
}

const NOTHING = {};
const AS_STORED: ColumnReader = { told: NOTHING };
const WHOLE: ColumnReader = { told: NOTHING, isWhole: true };
const TEXT: ColumnReader = { told: { converted_type: "UTF8" } };

const READERS: ReadonlyMap<string, (element: SchemaElement) => ColumnReader> = new Map(
  Object.entries({
    BOOLEAN: () => AS_STORED,
    INT32: () => WHOLE,
    INT64: () => WHOLE,
    INTEGER: integerReader,
    FLOAT: () => AS_STORED,
    DOUBLE: () => AS_STORED,
    FLOAT16: () => ({ told: { logical_type: { type: "FLOAT16" } } }) satisfies ColumnReader,
    DECIMAL: ({ scale, logical_type: logical }: SchemaElement) => {
      const digits = (logical?.type === "DECIMAL" ? logical.scale : scale) ?? 0;
      return { told: NOTHING, cellOf: (stored: Stored) => decimalValue(unscaledOf(stored), digits) };
    },
    DATE: () => timeReader((days: number) => days * DAY_MS),
    TIME: (element: SchemaElement) => {
      const unitsASecond = UNITS_A_SECOND[unitOf(element)];
      return { told: NOTHING, cellOf: (units: number | bigint) => Number(units) / unitsASecond };
    },
    TIMESTAMP: (element: SchemaElement) => timeReader(MILLISECONDS_OF[unitOf(element)]),
    // hyparquet's parser has made nanoseconds of the two parts of an INT96.
    INT96: () => timeReader(MILLISECONDS_OF.NANOS),
    STRING: () => TEXT,
    ENUM: () => TEXT,
    JSON: () => TEXT,
    BYTE_ARRAY: () => TEXT,
    UUID: () => ({ told: { logical_type: { type: "UUID" } } }) satisfies ColumnReader,
    NULL: () => ({ told: NOTHING, isEmpty: true }),
  } satisfies Record<string, (element: SchemaElement) => ColumnReader>),
);

/** The storage of a DECIMAL: its unscaled value, or that in two's complement, the highest byte first. */
type Stored = number | bigint | Uint8Array;

function integerReader({ converted_type: converted, logical_type: logical }: SchemaElement): ColumnReader {
  const [bits, isSigned] =
    logical?.type === "INTEGER"
      ? [logical.bitWidth, logical.isSigned]
      : [Number(converted?.split("_")[1]), converted?.startsWith("INT") ?? true];
  if (isSigned || bits < 32) return WHOLE;
  if (bits === 64) return { ...WHOLE, cellOf: (stored: bigint) => BigInt.asUintN(64, stored) };
  return { ...WHOLE, isUnsigned32: true, cellOf: (stored: number | bigint) => Number(BigInt.asUintN(32, BigInt(stored))) };
}

const DAY_MS = 86_400_000;
/** The last time of JavaScript's calendar; beyond it stands infinity, which some databases use. */
const LAST_MS = 8.64e15;

type Unit = "MILLIS" | "MICROS" | "NANOS";
const UNITS_A_SECOND: Readonly<Record<Unit, number>> = { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 };
const MILLISECONDS_OF: Readonly<Record<Unit, (units: bigint) => number>> = {
  MILLIS: Number,
  MICROS: (units) => Number(units) / 1e3,
  // Nanoseconds of this century are beyond 2^53.
  NANOS: (units) => Number(units / 1_000_000n) + Number(units % 1_000_000n) / 1e6,
};

function timeReader<T>(millisecondsOf: (stored: T) => number): ColumnReader {
  const cellOf = (stored: T): number => {
    const at = millisecondsOf(stored);
    return Math.abs(at) <= LAST_MS ? at : Number.POSITIVE_INFINITY;
  };
  return { told: NOTHING, isTime: true, cellOf };
}

function unitOf({ logical_type: logical, converted_type: converted }: SchemaElement): Unit {
  if (logical?.type === "TIME" || logical?.type === "TIMESTAMP") return logical.unit;
  return converted?.endsWith("_MILLIS") ? "MILLIS" : "MICROS";
}

function unscaledOf(stored: Stored): number | bigint {
  if (!(stored instanceof Uint8Array)) return stored;
  if (stored.length === 0) return 0;
  const hex = Buffer.from(stored.buffer, stored.byteOffset, stored.length).toString("hex");
  return BigInt.asIntN(stored.length * 8, BigInt(`0x${hex}`));
}

/** Powers of ten that a float64 holds exactly. */
const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * The float64 nearest to `unscaled` / 10^`scale`. Two numbers that float64 holds exactly are divided, which rounds once; others are parsed
 * from their digits, which does too. A whole number beyond 2^53 stays exact.
 */
function decimalValue(unscaled: number | bigint, scale: number): number | bigint {
  const power = EXACT_POWERS[scale];
  const number = Number(unscaled);
  if (power !== undefined && Number.isSafeInteger(number)) return number / power;
  return scale === 0 ? unscaled : Number(`${unscaled}e${-scale}`);
}
