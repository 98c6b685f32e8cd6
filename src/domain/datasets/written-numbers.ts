/** Numbers as people write them: the signs for decimals and thousands, with currency and percent signs. */

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

/** What may stand around a number: a sign, parentheses for a negative one, a currency sign before or after, percent after. */
const FRAME =
  /^(\()?([+\-\u2212]?)\s*(?:[$€£¥₹]|USD|EUR|GBP|CHF|JPY)?\s*([+\-\u2212]?)\s*((?:\d|[.,]\d)[\d.,'’ \u00a0\u202f]*(?:[eE][+-]?\d+)?)\s*(?:[$€£¥₹%]|USD|EUR|GBP|CHF|JPY)?(\))?$/;

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

/** The digits of a number with the separators between them, without what stands around. */
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

/** The currency or percent sign beside a number; null if there is none. */
export function unitOf(text: string): string | null {
  return /[$€£¥₹%]|USD|EUR|GBP|CHF|JPY/.exec(text)?.[0] ?? null;
}
