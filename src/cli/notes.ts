/** Notes in a terminal: what was guessed, left out or is odd, each with its cure in options of the command line. */

import type { Note } from "../client/index.ts";
import { formatMissingWords, parseMissingWords } from "../client/table-text.ts";
import { shellWord, type Terminal } from "./terminal.ts";

/** Prints notes on stderr, where they disturb no output. */
export function printNotes({ err }: { readonly err: Terminal }, notes: readonly Note[]): void {
  for (const note of notes)
    err.print(`${err.paint.yellow("note")}  ${note.detail} ${err.paint.dim(`(${cureInOptions(note.cure, note.column)})`)}`);
}

/** A part of a cure that a request would have, and the options that say the same; null if they cannot. */
type Translation = readonly [RegExp, (match: readonly string[], column: string | null) => string | null];

const TRANSLATIONS: readonly Translation[] = [
  [/missing=(\{.*?\]\})/, ([, json = ""]) => missingOption(parsed<Record<string, string[]>>(json))],
  [/missing=(\S.*?)(?= to leave)/, ([, words = ""]) => missingOption(words.split(","))],
  [
    /types=\{("(?:[^"\\]|\\.)*"):"(\w+)"\}(?: to the upload)?/,
    ([, name = "", type]) => option("types", `${JSON.parse(name)}=${type}`),
  ],
  [/skip_lines=(\d+)/, ([, lines = ""]) => option("skip-lines", lines)],
  [/rows=all/, () => option("rows", "all")],
  [/date_format=(\w+)/, ([, order = ""]) => option("date-format", order)],
  [/decimal=([.,])&thousands=(\w+)/, ([, decimal, thousands = ""]) => `--decimal ${decimal} ${option("thousands", thousands)}`],
  [/"split": \{"(time|group)": ("(?:[^"\\]|\\.)*")\}/, ([, by = "", name = ""]) => option(by, JSON.parse(name))],
  [/(?<=set )"task": "(\w+)"/, ([, task = ""]) => option("task", task)],
  [/leave it out \(features\)/, (_, column) => (column === null ? null : `leave it out with ${option("exclude", column)}`)],
  [/\("exclude": (\[.*?"\])\)/, ([, names = ""]) => excludeOption(parsed<string[]>(names))],
];

/** What was found of JSON; null where a name that holds a bracket has cut it short. */
function parsed<T>(json: string): T | null {
  try {
    return JSON.parse(json) as T;
  } catch {
    return null;
  }
}

const option = (name: string, value: string): string => `--${name} ${shellWord(value)}`;

/** The option for columns, where it can say them: a name with a comma cannot be told from several. */
function excludeOption(names: string[] | null): string | null {
  if (!names || names.some((name) => name.includes(",") || name !== name.trim())) return null;
  return `with ${option("exclude", names.join(","))}`;
}

/** The option for words, where it can say them: a name or a word with a comma cannot be told from several. */
function missingOption(words: Record<string, string[]> | string[] | null): string | null {
  if (!words) return null;
  const text = formatMissingWords(words);
  return JSON.stringify(parseMissingWords(text)) === JSON.stringify(words) ? option("missing", text) : null;
}

/** A cure on a column, or a sentence that has one, with options of the command line in place of what a request would have. */
export function cureInOptions(text: string, column: string | null = null): string {
  return TRANSLATIONS.reduce((cure, [pattern, translate]) => {
    const match = pattern.exec(cure);
    const options = match && translate(match, column);
    if (!match || options === null) return cure;
    const changed = `${cure.slice(0, match.index)}${options}${cure.slice(match.index + match[0].length)}`;
    return changed.replace(`upload the file with ${options}`, `add ${options}`).replace(`set ${options}`, `add ${options}`);
  }, text);
}
