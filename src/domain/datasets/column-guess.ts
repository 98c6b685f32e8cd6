/**
 * Infers the type of a column of texts from all of its values: numbers in one of the ways in which people write them, dates in one order,
 * booleans, or labels. Counts and decides; knows no files and keeps no values.
 *
 * The rule: a column has the type of nearly all of its values. Words for a missing value (missing-words.ts) do not count. Of the rest, at
 * most one in twenty may be something else (a single one in a column of ten to twenty), and counts as missing. If at least half fit but too
 * many do not, the column is in doubt and stays one of labels. A whole number with leading zeros, or one beyond 2^53 among whole numbers,
 * makes the column labels, because such numbers are codes and ids.
 */
import { parseNumber, parseTruth } from "./cell-parsing.ts";
import { type ColumnReading, FEWEST_MILLISECONDS } from "./column-reading.ts";
import { isOddWord } from "./missing-words.ts";
import { type DateFormat, parseWrittenDate, WRITTEN_DATES } from "./written-dates.ts";
import { NUMBER_FORMATS, type NumberFormat, parseInFormats, unitOf } from "./written-numbers.ts";

/** The share of values that may be something else, and the number of rows from which a single one may. */
const MAX_OTHER_SHARE = 1 / 20;
const MIN_ROWS_FOR_ONE = 10;

/** Whether so few of a column's values are something else that they count as missing. */
function areFew(others: number, values: number): boolean {
  return others === 0 || others <= values * MAX_OTHER_SHARE || (others === 1 && values >= MIN_ROWS_FOR_ONE);
}

/** What is known of the whole table when a column is decided. */
export interface GuessContext {
  /** Whether other columns, or the sender, have decimal commas. */
  readonly hasDecimalCommas: boolean;
  /** Whether semicolons separate cells, as they do with decimal commas. */
  readonly hasSemicolons: boolean;
  /** The order of day and month in other columns; null if none shows it. */
  readonly dayOrder: "dmy" | "mdy" | null;
}

/** Which ways of writing are possible for a column. */
export interface GuessOptions {
  readonly decimal?: NumberFormat["decimal"] | undefined;
  readonly thousands?: NumberFormat["thousands"] | undefined;
  readonly dateFormat?: DateFormat | undefined;
  /** Whether a text may be a number; in JSON it is always a label. */
  readonly textNumbers: boolean;
  /** Whether numbers may count time, as they do in a column with the given type datetime. */
  readonly epoch: boolean;
}

/** Another possible meaning of a value, which was not chosen. */
export interface Ambiguity {
  readonly kind: "numbers" | "dates";
  /** A value with two meanings. */
  readonly example: string;
  /** How the column is read, and how else it could be read. */
  readonly read: ColumnReading;
  readonly instead: ColumnReading;
}

/** The decision on a column. */
export interface Guess {
  readonly type: "integer" | "number" | "boolean" | "datetime" | "label";
  readonly reading: ColumnReading;
  /** Number of values that fit the likeliest type other than labels, and of all values, without words for a missing value. */
  readonly fitting: number;
  readonly values: number;
  readonly ambiguity: Ambiguity | null;
}

/** How many values fit one way of writing, and which numbers they would be. */
interface Tally<Format> {
  readonly format: Format;
  count: number;
  /** Whether every value is a whole number, and whether one is beyond 2^53. */
  whole: boolean;
  big: boolean;
  /** Other ways of writing, as bits, that give a different value; and such a value. */
  conflicts: number;
  example: string;
}

const createTally = <Format>(format: Format): Tally<Format> => ({
  ...{ format, count: 0, whole: true, big: false, conflicts: 0, example: "" },
});

type WrittenDate = (typeof WRITTEN_DATES)[number];

/** Counts the possible types of the values of one column. */
export class ColumnGuess {
  readonly #options: GuessOptions;
  readonly #numbers: readonly Tally<NumberFormat>[];
  readonly #dates: readonly Tally<WrittenDate>[];
  readonly #formats: readonly NumberFormat[];
  readonly #units = new Set<string>();
  #values = 0;
  #truths = 0;
  #codes = 0;
  /** Whether the number-like texts among JSON numbers are all whole. */
  #textIsWhole = true;
  /** The largest number, without its sign. */
  #largest = 0;

  constructor(options: GuessOptions) {
    this.#options = options;
    const { decimal, thousands, dateFormat } = options;
    this.#formats = NUMBER_FORMATS.filter(
      (format) => (decimal ?? format.decimal) === format.decimal && (thousands ?? format.thousands) === format.thousands,
    );
    this.#numbers = this.#formats.map(createTally);
    const isEpoch = dateFormat === "epoch_s" || dateFormat === "epoch_ms";
    this.#dates = WRITTEN_DATES.filter((format) => !dateFormat || isEpoch || format === dateFormat).map(createTally);
  }

  /** Adds a text that is not empty. Returns whether it could be anything but a label. */
  seeText(given: string): boolean {
    const text = given.trim();
    if (isOddWord(text)) return true;
    this.#values++;
    if (LEADING_ZERO.test(text)) this.#codes++;
    if (parseTruth(text) >= 0) this.#truths++;
    const values = this.#options.textNumbers ? parseInFormats(text, this.#formats) : null;
    if (values) {
      const unit = unitOf(text);
      if (unit !== null) this.#units.add(unit);
      const plain = values.find(isNumber);
      if (plain !== undefined) this.#largest = Math.max(this.#largest, Math.abs(plain));
      countIn(this.#numbers, values, text);
    } else if (/[.e]/i.test(text) && isNumber(parseNumber(text))) this.#textIsWhole = false;
    const times = this.#dates.map(({ format }) => dateIn(text, format));
    countIn(this.#dates, times, text);
    return values?.some(isNumber) || times.some(isNumber) || parseTruth(text) >= 0;
  }

  /** Adds a value that the file itself marks as a number. */
  seeNumber(value: number): void {
    this.#values++;
    this.#largest = Math.max(this.#largest, Math.abs(value));
    for (const each of this.#numbers) {
      each.count++;
      if (!Number.isInteger(value)) each.whole = false;
      else if (!Number.isSafeInteger(value)) each.big = true;
    }
  }

  /** Adds a value that the file itself marks as a time. */
  seeDate(): void {
    this.#values++;
    for (const each of this.#dates) each.count++;
  }

  /** Adds a value that the file itself marks as true or false. */
  seeTruth(): void {
    this.#values++;
    this.#truths++;
  }

  /** Decides, after every value was added. */
  decide(context: GuessContext): Guess {
    const numbers = likeliest(this.#numbers, (tied) => preferredNumbers(tied, context));
    const dates = likeliest(this.#dates, (tied) => preferredDate(tied, context));
    const counts = { numbers: numbers?.chosen.count ?? 0, dates: dates?.chosen.count ?? 0, truths: this.#truths };
    const fitting = Math.max(counts.numbers, counts.dates, counts.truths);
    const base = { fitting, values: this.#values, reading: {}, ambiguity: null };
    if (this.#values === 0 || !areFew(this.#values - fitting, this.#values)) return { ...base, type: "label" };
    if (numbers && counts.numbers === fitting) return { ...base, ...this.#asNumbers(numbers) };
    if (counts.truths === fitting) return { ...base, type: "boolean" };
    if (!dates) return { ...base, type: "label" };
    const { chosen, other } = dates;
    const ambiguity = other && {
      ...{ kind: "dates" as const, example: chosen.example },
      ...{ read: { date_format: chosen.format }, instead: { date_format: other.format } },
    };
    const reading = chosen.format === "ymd" ? {} : { date_format: chosen.format };
    return { ...base, type: "datetime", reading, ambiguity };
  }

  #asNumbers({ chosen, other }: Likeliest<NumberFormat>): Pick<Guess, "type" | "reading" | "ambiguity"> {
    const { epoch, dateFormat } = this.#options;
    if (epoch || dateFormat === "epoch_s" || dateFormat === "epoch_ms") {
      const counted = this.#largest < FEWEST_MILLISECONDS ? "epoch_s" : "epoch_ms";
      return { type: "datetime", reading: { date_format: dateFormat ?? counted }, ambiguity: null };
    }
    // Codes and ids that happen to be digits.
    if (this.#codes > 0 || (chosen.whole && chosen.big)) return { type: "label", reading: {}, ambiguity: null };
    const [unit] = this.#units;
    const reading: ColumnReading = {
      ...readingOf(chosen.format),
      ...(unit !== undefined && this.#units.size === 1 && { unit }),
    };
    const ambiguity = other && {
      ...{ kind: "numbers" as const, example: chosen.example },
      ...{ read: readingOf(chosen.format), instead: readingOf(other.format) },
    };
    return { type: chosen.whole && this.#textIsWhole ? "integer" : "number", reading, ambiguity };
  }
}

/** The format as a column's reading stores it: nothing for the plain one. */
function readingOf({ decimal, thousands }: NumberFormat): ColumnReading {
  return { ...(decimal === "," && { decimal }), ...(thousands !== "" && { thousands }) };
}

const isNumber = (value: number): boolean => !Number.isNaN(value);
const LEADING_ZERO = /^[+-]?0\d+$/;

function dateIn(text: string, format: WrittenDate): number {
  const at = parseWrittenDate(text, format);
  // A date written year first is valid in every column of dates.
  return Number.isNaN(at) && format !== "ymd" ? parseWrittenDate(text, "ymd") : at;
}

function countIn(tallies: readonly Tally<NumberFormat | WrittenDate>[], values: readonly number[], text: string): void {
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const each = tallies[index] as Tally<NumberFormat | WrittenDate>;
    each.count++;
    const { format } = each;
    const hasDecimals = typeof format === "object" && (text.includes(format.decimal) || /e/i.test(text));
    if (hasDecimals || !Number.isInteger(value)) each.whole = false;
    else if (!Number.isSafeInteger(value)) each.big = true;
    values.forEach((other, place) => {
      if (Number.isNaN(other) || other === value) return;
      each.conflicts |= 1 << place;
      each.example ||= text;
    });
  });
}

interface Likeliest<Format> {
  readonly chosen: Tally<Format>;
  /** A way of writing that fits as many values but gives other numbers; null if there is none. */
  readonly other: Tally<Format> | null;
}

/** The way of writing that fits most values; among those that fit equally but give other values, `prefer` chooses. */
function likeliest<Format>(
  tallies: readonly Tally<Format>[],
  prefer: (tied: readonly Tally<Format>[]) => Tally<Format> | undefined,
): Likeliest<Format> | null {
  const best = Math.max(0, ...tallies.map(({ count }) => count));
  const tied = tallies.filter(({ count }) => count === best);
  const [first] = tied;
  if (best === 0 || !first) return null;
  const disagrees = (one: Tally<Format>, other: Tally<Format>) => (one.conflicts & (1 << tallies.indexOf(other))) !== 0;
  if (!tied.some((each) => tied.some((other) => disagrees(each, other)))) return { chosen: first, other: null };
  const chosen = prefer(tied) ?? first;
  return { chosen, other: tied.find((each) => disagrees(chosen, each)) ?? null };
}

function preferredNumbers(tied: readonly Tally<NumberFormat>[], { hasDecimalCommas, hasSemicolons }: GuessContext) {
  const isPlain = tied.some(({ format }) => format.decimal === "." && format.thousands === "");
  // In a column that could be plain, 1.234 means a thousand only if other columns certainly have decimal commas.
  const decimal = hasDecimalCommas || (hasSemicolons && !isPlain) ? "," : ".";
  return tied.find(({ format }) => format.decimal === decimal);
}

function preferredDate(tied: readonly Tally<WrittenDate>[], { dayOrder, hasDecimalCommas, hasSemicolons }: GuessContext) {
  const isAmerican = !hasDecimalCommas && !hasSemicolons && tied.some(({ example }) => example.includes("/"));
  const order = dayOrder ?? (isAmerican ? "mdy" : "dmy");
  return tied.find(({ format }) => format === order);
}
