/**
 * Numbers as people write them: which sign divides decimals and which groups thousands, with units of money and percent, bounds such as
 * <0.5, and any other unit behind the number.
 */

/** How numbers are written. `thousands` is empty if digits are not grouped. */
export interface NumberFormat {
  readonly decimal: "." | ",";
  readonly thousands: "" | "," | "." | " " | "'";
}

/** The plain way, which every program reads. */
export const PLAIN_NUMBERS: NumberFormat = { decimal: ".", thousands: "" };

/** Every format that is inferred from the cells of a column, likelier ones first. */
export const NUMBER_FORMATS: readonly NumberFormat[] = [
  PLAIN_NUMBERS,
  { decimal: ".", thousands: "," },
  { decimal: ",", thousands: "" },
  { decimal: ",", thousands: "." },
  { decimal: ".", thousands: " " },
  { decimal: ",", thousands: " " },
  { decimal: ".", thousands: "'" },
  { decimal: ",", thousands: "'" },
];

/** Money before a number: none that is also a word, as in PHP 8 and RM 101. After it, signs and CODES are known; the others are units there. */
const SIGNS = "\\p{Sc}|(?:US|CA|AU|NZ|HK|SG|NT|MX|R|A|C|S)\\$|Rs\\.?|[Kk]r\\.?|Fr\\.?|Rp\\.?|zł|Kč";
const CODES =
  "USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|BGN|UAH|RUB|KZT|TRY|ILS|AED|EGP|ZAR|NGN|KES|" +
  "BRL|MXN|ARS|CLP|NZD|SGD|HKD|TWD|KRW|IDR|MYR|THB|VND|PKR|BDT|LKR";

/**
 * What may stand around a number: a bound, a sign, brackets for a negative one, a unit of money before or after, percent after, and a dash
 * in place of cents: 120,- or 120:-. Spaces belong to what they follow: they can be matched in one way alone, so that many of them take no
 * time.
 */
const FRAME = new RegExp(
  `^(?:[<>≤≥]=?\\s*)?(?:(\\()\\s*)?(?:([+\\-\u2212])\\s*)?(?:(?:${SIGNS}|${CODES})\\s*)?(?:([+\\-\u2212])\\s*)?` +
    "((?:\\d|[.,]\\d)[\\d.,'’ \u00a0\u202f]*(?:[eE][+-]?\\d+)?)(?:(?<=[.,])[-–—]{1,2}|:-)?" +
    `\\s*(?:\\p{Sc}|%|${CODES})?(\\))?$`,
  "u",
);

/** A number and a unit behind it: letters, and what stands between and above them. A date, a time or a range is none. */
const BEFORE_UNIT = /^(.*[\d.,])(\s*)([\p{L}\p{M}°′″'"‰²³Ωµ][\p{L}\p{M}\p{N}°%‰²³⁻¹Ωµ/·*^._ -]{0,19})$/u;
/** An ordinal is no measure. */
const ORDINAL = /^(?:st|nd|rd|th)$/i;

const BODIES: ReadonlyMap<string, RegExp> = new Map(NUMBER_FORMATS.map((format) => [keyOf(format), bodyOf(format)]));

function keyOf({ decimal, thousands }: NumberFormat): string {
  return decimal + thousands;
}

/** Digits, grouped by threes or not, then decimals. A group of digits does not begin with a zero. */
function bodyOf({ decimal, thousands }: NumberFormat): RegExp {
  const point = `\\${decimal}`;
  const mark = { "": "", ",": ",", ".": "\\.", " ": "[ \\u00a0\\u202f]", "'": "['’]" }[thousands];
  const grouped = mark === "" ? "" : `|[1-9]\\d{0,2}(?:${mark}\\d{3})+`;
  return new RegExp(`^(?:(?:\\d+${grouped})(?:${point}\\d*)?|${point}\\d+)(?:[eE][+-]?\\d+)?$`);
}

const LONGEST_NUMBER = 400;

/** The finite number that a text means in a format, or NaN. Ignores currency and percent signs: 5% is 5. */
export function parseWrittenNumber(text: string, format: NumberFormat): number {
  const written = unframe(text);
  return written === null ? Number.NaN : valueIn(written, format);
}

/** The numbers that a text means in several formats, as `parseWrittenNumber` reads it; null if it is a number in none. */
export function parseInFormats(text: string, formats: readonly NumberFormat[]): number[] | null {
  const written = unframe(text);
  return written && formats.map((format) => valueIn(written, format));
}

/** A text as a number with a unit of its own: `20.1 °C`. */
export interface UnitText {
  /** The number, with what may stand around one. */
  readonly number: string;
  /** As it is written, and by what spellings of it are one. */
  readonly unit: string;
  readonly key: string;
  /** Whether a space stands between them. */
  readonly isApart: boolean;
}

/**
 * The number and the unit of a text that ends in a unit other than of money and percent; null for every other text. Whether the
 * number is one is up to its format.
 */
export function splitUnit(text: string): UnitText | null {
  if (text.length > LONGEST_NUMBER) return null;
  const [, number = "", space = "", unit = ""] = BEFORE_UNIT.exec(text.trim()) ?? [];
  return unit === "" || ORDINAL.test(unit) ? null : { number, unit, key: unitKey(unit), isApart: space !== "" };
}

/** A unit by which spellings of it are one: `Days` and `day` are. Single letters stay as they are: M is not m. */
export function unitKey(unit: string): string {
  const trimmed = unit.trim();
  return /^\p{L}{3,}$/u.test(trimmed) ? trimmed.toLowerCase().replace(/s$/, "") : trimmed;
}

/** Whether a number is the bound of a range: <0.5. */
export function isBound(text: string): boolean {
  return /^\s*[<>≤≥]/.test(text);
}

/** The digits of a number with the signs between them, without what stands around. */
interface WrittenNumber {
  readonly digits: string;
  readonly isNegative: boolean;
}

function unframe(text: string): WrittenNumber | null {
  if (text.length > LONGEST_NUMBER) return null;
  const frame = FRAME.exec(text.trim());
  if (!frame) return null;
  const [, opened, before = "", between = "", body = "", closed] = frame;
  const signs = before + between;
  if (signs.length > 1 || (opened === undefined) !== (closed === undefined) || (opened && signs !== "")) return null;
  return { digits: body.trimEnd(), isNegative: opened !== undefined || signs === "-" || signs === "\u2212" };
}

function valueIn({ digits, isNegative }: WrittenNumber, format: NumberFormat): number {
  if (!BODIES.get(keyOf(format))?.test(digits)) return Number.NaN;
  const ungrouped = format.thousands === "" ? digits : digits.replaceAll(MARKS[format.thousands], "");
  const value = Number(format.decimal === "," ? ungrouped.replace(",", ".") : ungrouped);
  if (!Number.isFinite(value)) return Number.NaN;
  return isNegative ? -value : value;
}

const MARKS: Readonly<Record<Exclude<NumberFormat["thousands"], "">, RegExp>> = {
  ",": /,/g,
  ".": /\./g,
  " ": /[ \u00a0\u202f]/g,
  "'": /['’]/g,
};

const UNIT = new RegExp(`${SIGNS}|%|${CODES}`, "u");

/** The unit of money or percent that stands beside a number; null where there is none. */
export function unitOf(text: string): string | null {
  return UNIT.exec(text)?.[0] ?? null;
}

const ALONE = new RegExp(`^(?:${SIGNS}|%|${CODES})$`, "u");

/** Whether a text is a unit of money or percent, and nothing else. */
export function isMoney(text: string): boolean {
  return ALONE.test(text.trim());
}
