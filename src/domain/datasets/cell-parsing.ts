/** Values written as text: numbers, dates, truths, and what stands for nothing. As in CSV, so in every format. */

/** What stands for a missing value, in small letters. The empty cell is missing too. */
export const MISSING_WORDS = ["na", "n/a", "nan", "null", "none", "?"] as const;
const MISSING: ReadonlySet<string> = new Set(["", ...MISSING_WORDS]);
const LONGEST_MISSING = 4;

/** Whether a text stands for a missing value, in small or capital letters, with or without spaces around. */
export function isMissingText(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= LONGEST_MISSING && MISSING.has(trimmed.toLowerCase());
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite decimal number, or NaN. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

// Maps: a cell may say "constructor", which every object has.
const TRUTHS: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
]);
/** What a column may say as well when its type is given. */
const LOOSE_TRUTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({ t: 1, f: 0, yes: 1, no: 0, y: 1, n: 0, "1": 1, "0": 0 }),
);

/** 1 for true, 0 for false, -1 for neither. */
export function parseTruth(text: string): number {
  return TRUTHS.get(text.trim().toLowerCase()) ?? -1;
}

/** The same, with yes and no, t and f, 1 and 0. */
export function parseLooseTruth(text: string): number {
  const word = text.trim().toLowerCase();
  return TRUTHS.get(word) ?? LOOSE_TRUTHS.get(word) ?? -1;
}

const DATETIME =
  /^\d{4}-\d{2}-\d{2}(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?$/;
const DAY_MS = 86_400_000;

/**
 * ISO 8601: a date, or a date and a time with or without seconds, fraction and zone, as milliseconds since 1970. Without a
 * zone it is UTC. NaN when it is something else, or a day that no calendar has.
 */
export function parseDatetime(text: string): number {
  const trimmed = text.trim();
  const days = parseDate(trimmed);
  // Most columns of dates have no times: a million of them need no regular expression.
  if (trimmed.length === DATE_LENGTH || Number.isNaN(days)) return days * DAY_MS;
  const match = DATETIME.exec(trimmed);
  if (!match) return Number.NaN;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [hour, minute, second] = [part(1), part(2), part(3)];
  const [zoneHour, zoneMinute] = [part(7), part(8)];
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return Number.NaN;
  const fractionMs = Number(`0.${match[4] ?? 0}`) * 1000;
  const zone = (match[6] === "-" ? -1 : 1) * (zoneHour * 60 + zoneMinute);
  return days * DAY_MS + ((hour * 60 + minute - zone) * 60 + second) * 1000 + fractionMs;
}

const DATE_LENGTH = "2000-01-01".length;
const DASH = 0x2d;
const ZERO = 0x30;

/** Days since 1970-01-01 of the date that a text starts with, or NaN. */
function parseDate(text: string): number {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return Number.NaN;
  const year = parseDigits(text, 0, 4);
  const month = parseDigits(text, 5, 7);
  const day = parseDigits(text, 8, 10);
  // Comparisons with NaN are false.
  const exists = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  return exists ? daysFromCivil(year, month, day) : Number.NaN;
}

function parseDigits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
