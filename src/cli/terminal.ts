/** Output on a terminal: colours where it has them, tables, bars, sparklines, and a block of lines that redraws itself. */

export interface Terminal {
  /** Whether it can redraw lines. */
  readonly live: boolean;
  /** The width of a line in characters, at this time. */
  readonly columns: number;
  readonly paint: Readonly<Record<Colour, (text: string) => string>>;
  print(line?: string): void;
  /** Cuts a line to the terminal's width: a line that wraps cannot be redrawn. */
  fit(line: string): string;
  /** Prints lines over those of the last redraw. */
  redraw(lines: readonly string[]): void;
  /** Ends the block: further output comes after it. */
  endRedraw(): void;
}

const COLOURS = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", blue: "34", magenta: "35", cyan: "36" } as const;
export type Colour = keyof typeof COLOURS;

const ESCAPE = "\u001b[";
const HIDE_CURSOR = `${ESCAPE}?25l`;
const SHOW_CURSOR = `${ESCAPE}?25h`;

/** Creates the terminal of a stream. Colours need one that is live, and NO_COLOR unset (no-color.org). */
export function createTerminal(
  stream: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const live = Boolean(stream.isTTY);
  const coloured = live && !environment.NO_COLOR && environment.TERM !== "dumb";
  const paintWith = (code: string) => (text: string) => (coloured ? `${ESCAPE}${code}m${text}${ESCAPE}0m` : text);
  let drawn = 0;
  return {
    live,
    get columns() {
      return stream.columns || 80;
    },
    paint: Object.fromEntries(Object.entries(COLOURS).map(([colour, code]) => [colour, paintWith(code)])) as Terminal["paint"],
    print: (line = "") => void stream.write(`${live ? harmless(line) : line}\n`),
    fit: (line) => truncate(line, stream.columns || 80),
    redraw(lines) {
      const up = drawn > 0 ? `${ESCAPE}${drawn}A` : HIDE_CURSOR;
      stream.write(up + lines.map((line) => `${harmless(line)}${ESCAPE}K\n`).join(""));
      drawn = lines.length;
    },
    endRedraw() {
      if (drawn > 0) stream.write(SHOW_CURSOR);
      drawn = 0;
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const CONTROLS = /(\u001b\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A text without characters that move the cursor, set the title or reverse the text: names come from other people's files. */
function harmless(text: string): string {
  return text.replace(CONTROLS, (_, colour: string | undefined) => colour ?? "\ufffd");
}

/** The first `width` visible characters of a text, with all of its colour codes. */
function truncate(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  let left = width;
  return text
    .split(new RegExp(`(${ESCAPE.replace("[", "\\[")}[0-9;]*m)`))
    .map((part, index) => {
      if (index % 2 === 1) return part;
      const kept = part.slice(0, left);
      left -= kept.length;
      return kept;
    })
    .join("");
}

/** A bar of `width` characters for a share of 0..1, in half steps. */
export function bar(share: number, width: number, { paint }: Pick<Terminal, "paint">): string {
  const halves = Math.round(Math.min(Math.max(share, 0), 1) * width * 2);
  const full = "━".repeat(Math.floor(halves / 2));
  const half = halves % 2 === 1 ? "╸" : "";
  return paint.green(full + half) + paint.dim("─".repeat(width - full.length - half.length));
}

/** A curve as one line of blocks, lowest value to highest, or `from` to `to`; values that are not finite are gaps. */
export function sparkline(values: readonly number[], scale?: { readonly from: number; readonly to: number }): string {
  const finite = values.filter(Number.isFinite);
  const low = scale?.from ?? Math.min(...finite);
  const range = (scale?.to ?? Math.max(...finite)) - low || 1;
  const blocks = "▁▂▃▄▅▆▇█";
  return values
    .map((value) => (Number.isFinite(value) ? blocks[Math.min(7, Math.floor(((value - low) / range) * 8))] : " "))
    .join("");
}

const GAP = 2;
/** The narrowest that a column is cut to. */
const MIN_COLUMN = 8;

/**
 * Aligns rows as columns, the first row as the head. On a terminal, columns without a value are left out, and the widest are cut until a
 * line fits.
 */
export function table(
  given: readonly (readonly string[])[],
  { paint, live, columns }: Pick<Terminal, "paint" | "live" | "columns">,
): string[] {
  const filled = (given[0] ?? []).map((_, column) => !live || given.slice(1).some((row) => row[column] !== ""));
  const rows = given.map((row) => row.filter((_, column) => filled[column]));
  const full = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => visibleLength(row[column] ?? ""))));
  const widths = live ? fittingWidths(full, columns) : full;
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        const shown = visibleLength(cell) > width ? `${truncate(cell, width - 1)}…` : cell;
        return shown + " ".repeat(width - visibleLength(shown));
      })
      .join(" ".repeat(GAP)),
  );
  return lines.map((line, index) => (index === 0 ? paint.dim(line) : line).trimEnd());
}

/** Widths whose sum, with the gaps, is at most `columns`, if columns can be cut that far: always the widest one first. */
function fittingWidths(widths: readonly number[], columns: number): number[] {
  const fitting = [...widths];
  const excess = () => fitting.reduce((sum, width) => sum + width, GAP * (fitting.length - 1)) - columns;
  while (excess() > 0) {
    const widest = fitting.indexOf(Math.max(...fitting));
    if ((fitting[widest] as number) <= MIN_COLUMN) break;
    fitting[widest] = (fitting[widest] as number) - 1;
  }
  return fitting;
}

/** Says how to see more of a list, if there is more: twice as many as were shown. */
export function moreRows(
  { has_more }: { readonly has_more: boolean },
  command: string,
  limit: number,
  { paint }: Pick<Terminal, "paint">,
): string[] {
  return has_more ? [paint.dim(`There are more: ${command} --limit ${Math.min(200, 2 * limit)}`)] : [];
}

/**
 * Characters that a text takes on the screen.
 *
 * @internal Exported for the tests of bars and tables, which measure what is shown.
 */
export function visibleLength(text: string): number {
  return text.replaceAll(new RegExp(`${ESCAPE.replace("[", "\\[")}[0-9;]*m`, "g"), "").length;
}

/** A text as one word of a POSIX shell, whatever it contains: for printed commands that users paste. */
export function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
