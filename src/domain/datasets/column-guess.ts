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
import { type ColumnReading, MIN_MILLISECONDS } from "./column-reading.ts";
import { isOddWord } from "./missing-words.ts";
import { CLOCK_UNIT, ClockTally } from "./written/clocks.ts";
import { type LetterDoubt, UnitTally } from "./written/unit-tally.ts";
import { type DateFormat, parseWrittenDate, WRITTEN_DATES } from "./written/written-dates.ts";
import { isBound, NUMBER_FORMATS, type NumberFormat, parseInFormats, splitUnit, unitOf } from "./written/written-numbers.ts";

/** The share of values that may be something else, and the number of rows from which a single one may. */
const MAX_OTHER_SHARE = 1 / 20;
const MIN_ROWS_FOR_ONE = 10;

/** Different numbers from which a column measures something. */
const MANY_NUMBERS = 5;
/** Of the values with one word, the most that may say it, and the least. */
const MAX_WORD_SHARE = 1 / 2;
const MIN_SAME_WORDS = 2;

/** Whether so few of a column's values are something else that they are taken for missing. */
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
  /** Whether the sender says that the column has numbers. Then letters behind them are a unit, and leading zeros no sign of a code. */
  readonly areNumbers?: boolean;
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

/** What a text could be: a label alone, a number with a unit or a bound, or any other value. */
export type TextKind = "label" | "measure" | "value";

/** The decision on a column. */
export interface Guess {
  readonly type: "integer" | "number" | "boolean" | "datetime" | "label";
  readonly reading: ColumnReading;
  /** Number of values that fit the likeliest type other than labels, and of all values, without words for a missing value. */
  readonly fitting: number;
  readonly values: number;
  readonly ambiguity: Ambiguity | null;
  /** How many of the values are bounds that were read as numbers, and one of them; null where none is. */
  readonly bounds: { readonly count: number; readonly example: string } | null;
  /** Letters behind the numbers that may be a unit or not: left out of a column of numbers, kept in one of labels. Null if there is no doubt. */
  readonly letters: LetterDoubt | null;
  /** Whether numbers with a unit and bounds are among the values that do not fit. */
  readonly areMeasuresOdd: boolean;
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
  /** The first unit other than money or percent: values with it count as numbers. */
  readonly #unit = new UnitTally();
  #bounds = 0;
  #bound = "";
  /** Numbers that stand for themselves, up to `MANY_NUMBERS` different ones. */
  readonly #different = new Set<number>();
  /** The first text that is neither a number nor a date, in small letters, and how often it comes. */
  #word = "";
  #sameWords = 0;
  /** Times of day and durations. Those such as 5h count as numbers with a unit too. */
  readonly #clocks = new ClockTally();
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

  /** Adds a text that is not empty. Returns what it could be. */
  seeText(given: string): TextKind {
    const text = given.trim();
    if (isOddWord(text)) return "value";
    this.#values++;
    if (LEADING_ZERO.test(text)) this.#codes++;
    if (parseTruth(text) >= 0) this.#truths++;
    const times = this.#dates.map(({ format }) => dateIn(text, format));
    countIn(this.#dates, times, text);
    const isDate = times.some(isNumber);
    const measures = this.#unit.count + this.#bounds;
    const isNumeric = this.#options.textNumbers ? this.#seeNumberText(text, isDate) : false;
    if (!this.#options.textNumbers && /[.e]/i.test(text) && isNumber(parseNumber(text))) this.#textIsWhole = false;
    if (this.#unit.count + this.#bounds > measures) return "measure";
    if (isNumeric || isDate || parseTruth(text) >= 0) return "value";
    this.#seeWord(text.toLowerCase());
    return "label";
  }

  /** Takes in a text where texts may be numbers, and says whether it is one, perhaps with a unit. */
  #seeNumberText(text: string, isDate: boolean): boolean {
    const values = parseInFormats(text, this.#formats);
    const plain = values?.find(isNumber);
    if (values && plain !== undefined) {
      const unit = unitOf(text);
      if (unit !== null) this.#units.add(unit);
      if (isBound(text)) {
        this.#bounds++;
        this.#bound ||= text;
      } else this.#keepDifferent(plain);
      this.#unit.seeBare(plain);
      this.#largest = Math.max(this.#largest, Math.abs(plain));
      countIn(this.#numbers, values, text);
      return true;
    }
    // 12 March has the form of a number with a unit.
    const split = isDate ? null : splitUnit(text);
    const isClock = this.#clocks.see(text);
    const within = split && parseInFormats(split.number, this.#formats);
    const value = within?.find(isNumber);
    // 8:30 am has the form of one too.
    if (!split || !within || value === undefined) return isClock;
    if (!this.#unit.takes(split)) {
      this.#unit.seeOther(text, split);
      return isClock;
    }
    this.#unit.add(text, split);
    if (LEADING_ZERO.test(split.number)) this.#codes++;
    this.#keepDifferent(value);
    countIn(this.#numbers, within, split.number);
    return true;
  }

  #keepDifferent(value: number): void {
    if (this.#different.size < MANY_NUMBERS) this.#different.add(value);
  }

  #seeWord(word: string): void {
    if (this.#sameWords === 0 && !/\d/.test(word)) this.#word = word;
    if (this.#word !== "" && word === this.#word) this.#sameWords++;
  }

  /** Adds a value that the file itself marks as a number. */
  seeNumber(value: number): void {
    this.#values++;
    this.#keepDifferent(value);
    this.#unit.seeBare(value);
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
    const numbers = likeliest(this.#numbers, (tied) => preferredNumbers(tied, context, this.#isMoney));
    const dates = likeliest(this.#dates, (tied) => preferredDate(tied, context));
    const counts = { numbers: numbers?.chosen.count ?? 0, dates: dates?.chosen.count ?? 0, truths: this.#truths };
    const fitting = Math.max(counts.numbers, counts.dates, counts.truths);
    const areNumbers = numbers !== null && counts.numbers === fitting;
    const none = { reading: {}, ambiguity: null, bounds: null, letters: null, areMeasuresOdd: false };
    const base = { ...none, fitting, values: this.#values };
    const clocks = this.#clocks.count;
    const areTimes = (this.#clocks.areTimes && clocks >= fitting) || (this.#options.areNumbers && clocks > fitting);
    if (areTimes && areFew(this.#values - clocks, this.#values)) {
      const type = this.#clocks.isWhole ? "integer" : "number";
      return { ...base, type, fitting: clocks, reading: { unit: CLOCK_UNIT } };
    }
    // Where the sender says that they are numbers, 2K beside 900 is refused by its line.
    if (areNumbers && this.#unit.isOnSome && this.#options.areNumbers) return { ...base, ...this.#asNumbers(numbers) };
    if (areNumbers && !this.#areMeasures(fitting)) {
      return { ...base, ...this.#asLabels(fitting), letters: this.#unit.isOnSome ? this.#unit.doubtAmong(fitting) : null };
    }
    const others = this.#values - fitting;
    const isOneWord = areNumbers && this.#isOneWord(others);
    if (this.#values === 0 || !(isOneWord || areFew(others, this.#values))) {
      const withUnits = (numbers?.chosen.count ?? 0) + this.#unit.others;
      return {
        ...base,
        type: "label",
        letters: areFew(this.#values - withUnits, this.#values) ? this.#unit.severalUnits : null,
      };
    }
    if (areNumbers) {
      const bounds = this.#bounds > 0 ? { count: this.#bounds, example: this.#bound } : null;
      const asNumbers = this.#asNumbers(numbers);
      const letters = this.#options.areNumbers || asNumbers.type === "label" ? null : this.#unit.doubtAmong(fitting);
      return { ...base, ...(letters && this.#unit.isDoubtful ? this.#asLabels(fitting) : { ...asNumbers, bounds }), letters };
    }
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

  /** The type of a column that stays one of labels although so many values could be numbers. */
  #asLabels(numbers: number): Pick<Guess, "type" | "fitting" | "areMeasuresOdd"> {
    return { type: "label", fitting: numbers - this.#unit.count - this.#bounds, areMeasuresOdd: true };
  }

  /** Whether the units and bounds among so many numbers, if there are any, are those of measures. */
  #areMeasures(numbers: number): boolean {
    if (this.#unit.isOnSome) return false;
    if (this.#options.areNumbers) return true;
    if (this.#unit.count === 0 && this.#bounds === 0) return true;
    const isUsual = this.#unit.count === 0 || this.#unit.count * 2 > numbers || this.#unit.isWord;
    return this.#different.size >= MANY_NUMBERS && isUsual;
  }

  /** Whether so many values that are no numbers are one word: what is missing can be told from it, and nothing else. */
  #isOneWord(others: number): boolean {
    const isMany = this.#sameWords >= MIN_SAME_WORDS && this.#different.size >= MANY_NUMBERS;
    return isMany && this.#sameWords === others && others <= this.#values * MAX_WORD_SHARE;
  }

  /** Whether the unit beside the numbers is one of money. */
  get #isMoney(): boolean {
    return (this.#units.size > 0 || this.#unit.unit !== null) && this.#unit.isMoney && !this.#units.has("%");
  }

  #asNumbers({ chosen, other }: Likeliest<NumberFormat>): Pick<Guess, "type" | "reading" | "ambiguity"> {
    const { epoch, dateFormat } = this.#options;
    if (epoch || dateFormat === "epoch_s" || dateFormat === "epoch_ms") {
      const counted = this.#largest < MIN_MILLISECONDS ? "epoch_s" : "epoch_ms";
      return { type: "datetime", reading: { date_format: dateFormat ?? counted }, ambiguity: null };
    }
    // Codes and ids that happen to be digits.
    if ((this.#codes > 0 && !this.#options.areNumbers) || (chosen.whole && chosen.big))
      return { type: "label", reading: {}, ambiguity: null };
    const [money] = this.#units;
    // A unit of its own is needed to read the column; one of money or percent is told.
    const own = this.#unit.isOnSome ? null : this.#unit.unit;
    const unit = own ?? (this.#units.size === 1 ? money : undefined);
    const reading: ColumnReading = { ...readingOf(chosen.format), ...(unit !== undefined && { unit }) };
    const isCertain = this.#isMoney && chosen.format.thousands === ",";
    const ambiguity =
      !other || isCertain
        ? null
        : {
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

function preferredNumbers(
  tied: readonly Tally<NumberFormat>[],
  { hasDecimalCommas, hasSemicolons }: GuessContext,
  isMoney: boolean,
) {
  const isPlain = tied.some(({ format }) => format.decimal === "." && format.thousands === "");
  // Nobody writes three decimals behind every sum of money.
  const grouped = isMoney && !hasDecimalCommas && !(hasSemicolons && !isPlain);
  if (grouped) return tied.find(({ format: { thousands }, example }) => thousands !== "" && example.includes(thousands));
  // 1.234 in a column that could be plain is a thousand only where other columns have decimal commas for certain.
  const decimal = hasDecimalCommas || (hasSemicolons && !isPlain) ? "," : ".";
  return tied.find(({ format }) => format.decimal === decimal);
}

function preferredDate(tied: readonly Tally<WrittenDate>[], { dayOrder, hasDecimalCommas, hasSemicolons }: GuessContext) {
  const isAmerican = !hasDecimalCommas && !hasSemicolons && tied.some(({ example }) => example.includes("/"));
  const order = dayOrder ?? (isAmerican ? "mdy" : "dmy");
  return tied.find(({ format }) => format === order);
}
