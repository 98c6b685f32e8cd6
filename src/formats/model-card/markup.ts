/** HTML and SVG as text in which every value is escaped unless it is markup itself. Knows no card. */

/** Text that is markup: made only by `markup`. */
class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type { Markup };

/** Constant markup of this folder; never text from users. */
export const ours = (text: string): Markup => new Markup(text);

/** The possible values of a template: text is escaped, lists are joined, null is nothing. */
type Value = string | number | Markup | null | readonly Value[];

/** The tag of templates of HTML and SVG. A value in an attribute must be in double quotes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.reduce((text, part, index) => `${text}${written(values[index - 1] ?? null)}${part}`));
}

function written(value: Value): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(written).join("");
  if (typeof value === "number") return String(value);
  // Nearly all texts are plain.
  return PLAIN.test(value) ? value : escaped(value);
}

const PLAIN = /^[\w .,:;()%#+\-–]*$/;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * Characters that no document may contain become the replacement character, and so do halves of surrogate pairs, and those that would
 * reverse our own text.
 */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n]|[\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD")
    .replaceAll(/[&<>"']/g, (character) => ESCAPES[character] as string);
}
