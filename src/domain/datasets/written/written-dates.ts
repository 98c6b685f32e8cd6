/**
 * Dates and times as people and programs write them, to milliseconds since 1970. The order of day and month is a format for a whole column;
 * everything else is read from the text. Without a zone it is UTC.
 */
import { MONTH_NAME, monthNamed } from "./month-names.ts";

/** The order in which a date is written, or what a number counts. `ymd` is ISO 8601, also with other separators. */
export const DATE_FORMATS = ["ymd", "dmy", "mdy", "epoch_s", "epoch_ms"] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

/** The formats for text; the others are for numbers. */
export const WRITTEN_DATES = ["ymd", "mdy", "dmy"] as const satisfies readonly DateFormat[];

const DAY_MS = 86_400_000;
const ISO = /^\d{4}-\d{2}-\d{2}(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?$/;

/**
 * ISO 8601: a date, or a date and a time with or without seconds, fraction and zone, as milliseconds since 1970. Without a zone it is UTC.
 * NaN if it is something else, or a day that does not exist.
 */
function parseIso(trimmed: string): number {
  const days = parseDate(trimmed);
  // Most columns of dates have no times: a million of them need no regular expression.
  if (trimmed.length === DATE_LENGTH || Number.isNaN(days)) return days * DAY_MS;
  const match = ISO.exec(trimmed);
  if (!match) return Number.NaN;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [hour, minute, second] = [part(1), part(2), part(3)];
  const [zoneHour, zoneMinute] = [part(7), part(8)];
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return Number.NaN;
  const fractionMs = Number(`0.${match[4] ?? 0}`) * 1000;
  const zone = (match[6] === "-" ? -1 : 1) * (zoneHour * 60 + zoneMinute);
  return days * DAY_MS + ((hour * 60 + minute - zone) * 60 + second) * 1000 + fractionMs;
}

const BETWEEN = "[-/. ]";
/** What may come after a date: a time of 12 or 24 hours, and a zone. */
const TIME =
  "(?:(?:[T,]| |, )\\s*(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?)?\\s*(?<half>[ap])?\\.?(?:m\\.?)?)?" +
  "(?:\\s*(?<zone>z|utc|gmt|(?:utc|gmt)?[+-]\\d{2}(?::?\\d{2})?))?";
/** English, German, French, Spanish and Italian. */
const WEEKDAY =
  "(?:(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|mié|jeu|jue|gio|ven|vie|sam|sáb|sab|dim|dom)\\p{L}*\\.?,? +)?";

const pattern = (...dates: readonly string[]): RegExp[] => dates.map((date) => new RegExp(`^${WEEKDAY}${date}${TIME}$`, "iu"));

/** The pattern of a date in each order. `mark` is the same separator in both places. */
const PATTERNS: Readonly<Record<(typeof WRITTEN_DATES)[number], readonly RegExp[]>> = {
  ymd: pattern(
    `(?<year>\\d{4})(?<mark>[-/.])(?<month>\\d{1,2})\\k<mark>(?<day>\\d{1,2})`,
    `(?<year>\\d{4})[-/](?<month>\\d{2})`,
    // Months alone, whose order leaves no doubt.
    `(?<month>\\d{1,2})/(?<year>\\d{4})`,
    `(?<month>${MONTH_NAME})${BETWEEN}?(?:de )?(?<year>\\d{4})`,
    // Chinese and Japanese, with the day of the week in brackets.
    `(?<year>\\d{4})年 ?(?<month>\\d{1,2})月(?: ?(?<day>\\d{1,2})日(?: ?[(（]\\p{L}[)）])?)?`,
    `(?<year>\\d{4})${BETWEEN}?(?<month>${MONTH_NAME})${BETWEEN}?(?<day>\\d{1,2})`,
  ),
  dmy: pattern(
    // With points as separators, the year has two digits only if all parts do: 1.2.10 is a version.
    `(?<day>\\d{2})\\.(?<month>\\d{2})\\.(?<year>\\d{2})`,
    `(?<day>\\d{1,2})(?<mark>[-/.])(?<month>\\d{1,2})\\k<mark>(?<year>\\d{4}|(?<!\\.)\\d{2})`,
    `(?<day>\\d{1,2})(?:st|nd|rd|th|er)?\\.?${BETWEEN}?(?:de )?(?<month>${MONTH_NAME})${BETWEEN}?,? ?(?:de )?(?<year>\\d{4})`,
    // As Excel shortens a date.
    `(?<day>\\d{1,2})(?<mark>[-/ ])(?<month>${MONTH_NAME})\\k<mark>(?<year>\\d{2})`,
  ),
  mdy: pattern(
    `(?<month>\\d{1,2})(?<mark>[-/.])(?<day>\\d{1,2})\\k<mark>(?<year>\\d{4}|(?<!\\.)\\d{2})`,
    `(?<month>${MONTH_NAME})${BETWEEN}?(?<day>\\d{1,2})(?:st|nd|rd|th)?,?${BETWEEN}+(?<year>\\d{4})`,
  ),
};

const LONGEST_DATE = 60;
/** The range of years in a month without a day: other numbers with a dash between are more likely codes. */
const PLAUSIBLE = { first: 1800, last: 2199 } as const;

/**
 * The time that a text means in a format, in milliseconds since 1970; NaN if it is something else, or a day that does not exist. A month
 * without a day is its first day, 24:00 the end of the day, and a year of two digits one of 1969 to 2068 (POSIX).
 */
export function parseWrittenDate(text: string, format: (typeof WRITTEN_DATES)[number]): number {
  const trimmed = text.trim();
  if (format === "ymd") {
    const iso = parseIso(trimmed);
    if (!Number.isNaN(iso)) return iso;
  }
  const first = trimmed.charCodeAt(0);
  // Every date begins with a digit unless it begins with a name, and all contain one.
  if (trimmed.length < 6 || trimmed.length > LONGEST_DATE || (!isDigit(first) && !/\d/.test(trimmed))) return Number.NaN;
  for (const shape of PATTERNS[format]) {
    const found = shape.exec(trimmed)?.groups;
    if (found) return timeOf(found);
  }
  return Number.NaN;
}

function timeOf(found: Readonly<Record<string, string | undefined>>): number {
  const { year: yearText = "", month: monthText = "", day: dayText, half, zone } = found;
  const year = yearText.length === 2 ? Number(yearText) + (Number(yearText) < 69 ? 2000 : 1900) : Number(yearText);
  const month = isDigit(monthText.charCodeAt(0)) ? Number(monthText) : monthNamed(monthText);
  if (dayText === undefined && (year < PLAUSIBLE.first || year > PLAUSIBLE.last)) return Number.NaN;
  const day = Number(dayText ?? 1);
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return Number.NaN;
  const part = (name: string): number => Number(found[name] ?? 0);
  const [given, minute, second] = [part("hour"), part("minute"), part("second")];
  if (half !== undefined && (given < 1 || given > 12)) return Number.NaN;
  const hour = half === undefined ? given : (given % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  const ends = hour === 24 && minute === 0 && second === 0 && part("fraction") === 0;
  const offset = zoneMinutes(zone);
  if ((hour > 23 && !ends) || minute > 59 || second > 59 || Number.isNaN(offset)) return Number.NaN;
  const fractionMs = Number(`0.${found.fraction ?? 0}`) * 1000;
  return daysFromCivil(year, month, day) * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fractionMs;
}

function zoneMinutes(zone = ""): number {
  const [, sign, hours = "0", minutes = "0"] = /([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const isDigit = (code: number): boolean => code >= ZERO && code <= ZERO + 9;
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
