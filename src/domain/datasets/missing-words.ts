/**
 * Words for a missing value, in one table: those of every column, those that only programs write, and those that mean missing only among
 * numbers, dates and booleans. Knows words, but no columns.
 */

/** Means missing in every column, in lower case. The empty cell does too. */
export const MISSING_WORDS = ["na", "n/a", "nan", "null", "?"] as const;

/** Python's word for no value. Among numbers, dates and booleans it is missing as those are; among labels it is one, as in "no disorder". */
const NONE_WORD = "none";

/** What spreadsheets, databases and data frames write for no value or a failed one: missing in every column, and noted. */
const ERROR_WORDS = [
  // SQL (COPY of PostgreSQL, LOAD DATA of MySQL), pandas, R.
  ...["\\n", "<na>", "nan()", "-nan"],
  // Excel, LibreOffice, Google Sheets.
  ...["#n/a", "#na", "#n/a n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#spill!", "#calc!", "#error!"],
  // The C library of Windows.
  ...["1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "nan(ind)", "-nan(ind)"],
] as const;

/** What people and programs write for a missing number, date or boolean: missing there, a label elsewhere. */
const ODD_WORDS = [
  // SAS and Stata write a dot, people a dash.
  ...["-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "*"],
  ...["n.a.", "n.a", "n. a.", "n/d", "n.d.", "nd", "nil", "nat", "(null)", "[null]", "<null>"],
  ...["no data", "k.a.", "k. a."],
  // Not a number that can be trained on.
  ...["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "1.#inf", "-1.#inf", "\u221e", "-\u221e"],
] as const;

const MISSING: ReadonlySet<string> = new Set(["", ...MISSING_WORDS, NONE_WORD]);
const ERRORS: ReadonlySet<string> = new Set(ERROR_WORDS);
const ODD: ReadonlySet<string> = new Set([...ERROR_WORDS, ...ODD_WORDS]);
const LONGEST_MISSING = 4;
const LONGEST_ODD = [...ODD].reduce((longest, { length }) => Math.max(longest, length), 0);

/** Whether a text means missing among numbers, dates and booleans, in any case and with or without spaces around it. */
export function isMissingText(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= LONGEST_MISSING && MISSING.has(trimmed.toLowerCase());
}

/** Whether a text is the word that means missing among numbers, dates and booleans, and may be a label among labels. */
export const isNone = (text: string): boolean => text.length >= NONE_WORD.length && text.trim().toLowerCase() === NONE_WORD;

/** Whether a program writes this text for no value or a failed one: missing in every column. */
export function isErrorWord(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= LONGEST_ODD && ERRORS.has(trimmed.toLowerCase());
}

/** The lower-case words that mean missing among labels, or among booleans, where more do; beside the empty text. */
export function missingWordsAmong(kind: "labels" | "truths"): readonly string[] {
  return kind === "labels" ? [...ERROR_WORDS, NONE_WORD] : [...MISSING_WORDS, NONE_WORD, ...ODD];
}

/** Numbers and the same numbers rounded to float32, as tensors and files may have them: -999.9 is -999.9000244140625 there. */
export function alsoAsFloat32(numbers: readonly number[]): ReadonlySet<number> {
  return new Set([...numbers, ...numbers.map(Math.fround)]);
}

/** Tells whether a text is one of some words, in small or capital letters. A word that is a number means the number: -999 is -999.0 too. */
export function createWordTest(words: readonly string[]): (text: string) => boolean {
  const own = new Set(words.map((word) => word.trim().toLowerCase()));
  const numbers = alsoAsFloat32([...own].filter(isPlainNumber).map(Number));
  return (text) => {
    const trimmed = text.trim();
    return own.has(trimmed.toLowerCase()) || (numbers.size > 0 && isPlainNumber(trimmed) && numbers.has(Number(trimmed)));
  };
}

const isPlainNumber = (text: string): boolean => text !== "" && Number.isFinite(Number(text));

const OVERFLOW = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Whether a text means missing among numbers, dates and booleans: a known word, or a number beyond float64. */
export function isOddWord(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.length <= LONGEST_ODD && ODD.has(trimmed.toLowerCase())) return true;
  return OVERFLOW.test(trimmed) && !Number.isFinite(Number(trimmed));
}

/** What people write where a value is not known, also where it is one of few labels. */
const UNKNOWN_WORDS =
  /^(?:n\/?a\b.*|unknown|not (?:known|available|measured|recorded|stated|applicable)|pending|t\.?b\.?[adc]\.?|missing|no answer|unbekannt|keine angabe|ausstehend|offen|inconnu|non renseigné|desconocido|不明|未定|無回答)$/i;

/** Whether a label says that a value is not known, as likely as it is a class of its own. */
export function isWordForMissing(label: string): boolean {
  const trimmed = label.trim();
  return isNone(trimmed) || isOddWord(trimmed) || UNKNOWN_WORDS.test(trimmed);
}
