/**
 * How the texts of one column are read: the decimal sign, the order of day and month, the words for a missing value. A data set stores it
 * for each column that is not written plainly, and the model copies it, so that a text has one meaning from the upload to the last
 * prediction. Knows no file formats.
 */
import { z } from "zod";
import { parseNumber } from "./cell-parsing.ts";
import { alsoAsFloat32, createWordTest, isOddWord } from "./missing-words.ts";
import { CLOCK_UNIT, parseClock } from "./written/clocks.ts";
import { DATE_FORMATS, type DateFormat, parseWrittenDate } from "./written/written-dates.ts";
import { type NumberFormat, PLAIN_NUMBERS, parseWrittenNumber, splitUnit, unitKey } from "./written/written-numbers.ts";

/** Longest word for a missing value, in UTF-16 units, and maximum number of them in a column. */
export const MAX_WORD_LENGTH = 100;
export const MAX_WORDS = 100;

export const columnReading = z
  .strictObject({
    decimal: z.enum([".", ","]).optional().meta({ description: "The decimal separator; a point if left out." }),
    thousands: z
      .enum([",", ".", " ", "'"])
      .optional()
      .meta({ description: "The thousands separator; left out if there is none." }),
    unit: z.string().optional().meta({
      description:
        "A unit beside the numbers, which is left out: 5% is 5, and 20.1 °C is 20.1. `h:mm:ss`: times of day or durations, which are read as seconds.",
    }),
    date_format: z.enum(DATE_FORMATS).optional().meta({
      description:
        "`dmy`, `mdy`: the order of day, month and year. `epoch_s`, `epoch_ms`: seconds or milliseconds since 1970. Left out: `ymd`, ISO 8601.",
    }),
    case: z.literal("ignored").optional().meta({
      description: "Labels that differ only in capital letters are one label: Yes, yes and YES.",
    }),
    missing: z
      .array(z.string())
      .optional()
      .meta({ description: "Texts that mean a missing value in this column, besides the words that always do." }),
  })
  .meta({
    id: "ColumnReading",
    description: "How the texts of a column are read, if they are not written plainly.",
  });

export type ColumnReading = z.output<typeof columnReading>;

/** Reads a text as a number as `encodeValue` takes it: NaN if it is not one. */
export type TextReader = (text: string) => number;

/** The reader of texts in a column of numbers. A unit of money or percent beside a number is left out, and so is the column's own. */
export function createNumberReader({ decimal = ".", thousands, unit }: ColumnReading): TextReader {
  const format: NumberFormat = { decimal, thousands: thousands ?? "" };
  const isPlain = decimal === "." && thousands === undefined;
  const key = unit === undefined ? null : unitKey(unit);
  const readOwn = (text: string): number => {
    if (unit === CLOCK_UNIT) return parseClock(text);
    const split = splitUnit(text);
    return split?.key === key ? parseWrittenNumber(split.number, format) : Number.NaN;
  };
  return (text) => {
    const plain = isPlain ? parseNumber(text) : Number.NaN;
    const value = Number.isNaN(plain) ? parseWrittenNumber(text, format) : plain;
    return Number.isNaN(value) && key !== null ? readOwn(text) : value;
  };
}

/** Returns the reader of texts in a column of times: milliseconds since 1970. */
export function createDateReader({ date_format: format = "ymd" }: ColumnReading): TextReader {
  if (format === "epoch_s" || format === "epoch_ms") {
    return (text) => {
      const count = parseWrittenNumber(text, PLAIN_NUMBERS);
      // A time written in full is unambiguous, whatever the numbers count.
      return Number.isNaN(count) ? parseWrittenDate(text, "ymd") : timeOfCount(count, format);
    };
  }
  return (text) => {
    const at = parseWrittenDate(text, format);
    return Number.isNaN(at) && format !== "ymd" ? parseWrittenDate(text, "ymd") : at;
  };
}

/** Milliseconds since 1970 of a number that counts seconds or milliseconds; NaN beyond the range of times. */
export function timeOfCount(count: number, format: DateFormat): number {
  const at = format === "epoch_s" ? count * 1000 : count;
  return Math.abs(at) <= LAST_TIME_MS ? at : Number.NaN;
}

/** The last time of ECMAScript. */
const LAST_TIME_MS = 8.64e15;

/** Below this, a number since 1970 counts seconds (until the year 5138) rather than milliseconds (until March 1973). */
export const MIN_MILLISECONDS = 1e11;

/** Returns whether a text means missing in a column of numbers or times: a known word, or one of the column's own. */
export function createOddWords({ missing = [] }: ColumnReading): (text: string) => boolean {
  if (missing.length === 0) return isOddWord;
  const isOwn = createWordTest(missing);
  return (text) => isOwn(text) || isOddWord(text);
}

/**
 * The numbers that a column's own words for a missing value mean, read as its cells are: -999 is one in a column of `-999,00`, of `-999 °C`
 * and of JSON numbers, also of float32.
 */
export function missingNumbers(reading: ColumnReading): ReadonlySet<number> {
  const read = createNumberReader(reading);
  return alsoAsFloat32((reading.missing ?? []).map(read).filter((value) => !Number.isNaN(value)));
}
