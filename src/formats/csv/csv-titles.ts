/**
 * Lines above a table's column names, as in reports and spreadsheets: a title, a date of export, empty rows. Knows cells and lines, but not
 * bytes.
 */
import { type HeadTests, togetherNames } from "./csv-head.ts";

/** A record at the beginning of a CSV: the line that it starts on, from 1, and its cells. */
export interface StartRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What the rows of a table say of its first one. */
export interface NameTests extends HeadTests {
  /** Whether it is read as names where nothing else is known. */
  mayBeNames(rows: readonly (readonly string[])[]): boolean;
}

/** Maximum lines of titles above the names. */
const MAX_TITLES = 20;

/**
 * The number of records that stand above the names of the columns, 0 where the first one is of the table.
 *
 * A title fills at most half of the cells, or there are too few of them. The names after it are different in every column, and either they
 * are names for certain or an empty line sets them apart; from there on every record is as wide as they are. Everything else is left to
 * whoever reads the table: a row with a missing cell is an error and no title.
 */
export function countTitles(records: readonly StartRecord[], tests: NameTests): number {
  const { areNames, mayBeNames } = tests;
  const width = records.at(-1)?.cells.length ?? 0;
  const isAsWide = ({ cells }: StartRecord) => cells.length === width;
  // Data frames leave the name of their index out, which is half of the names if there are two.
  const isIndexed = ({ cells }: StartRecord) => cells[0]?.trim() === "" && filled(cells) === width - 1;
  const isTitle = (record: StartRecord) =>
    !isAsWide(record) || (filled(record.cells) <= width / 2 && !(width === 2 && isIndexed(record)));
  const titles = records.findIndex((record) => !isTitle(record));
  if (width < 2 || titles < 1 || linesOf(records.slice(0, titles)) > MAX_TITLES) return 0;
  const table = records.slice(titles);
  const [names, ...rows] = table as [StartRecord, ...StartRecord[]];
  if (rows.length === 0 || !table.every(isAsWide)) return 0;
  const cells = table.map((record) => record.cells);
  const groups = records[titles - 1] as StartRecord;
  // What looks like a title may be the groups of the columns.
  if (togetherNames(groups.cells, names.cells, cells.slice(1), tests)) return titles - 1;
  if (togetherNames(names.cells, cells[1] as readonly string[], cells.slice(2), tests)) return titles;
  // Whoever writes a delimiter behind every cell has an empty last column.
  const named = names.cells.slice(0, names.cells.findLastIndex((cell) => cell.trim() !== "") + 1);
  const isNamed = filled(named) === named.length && new Set(named.map((cell) => cell.trim())).size === named.length;
  if (!isNamed || named.length < 2) return 0;
  return areNames(cells) || (isSetApart(records, titles) && mayBeNames(cells)) ? titles : 0;
}

/** Whether an empty line stands above a record, but not between all of them. */
function isSetApart(records: readonly StartRecord[], place: number): boolean {
  const gapAbove = ({ line }: StartRecord, index: number) => {
    const above = records[index - 1];
    return above === undefined || line > above.line + linesOf([above]) || filled(above.cells) === 0;
  };
  return gapAbove(records[place] as StartRecord, place) && !records.every(gapAbove);
}

function linesOf(records: readonly StartRecord[]): number {
  return records.reduce((lines, { cells }) => lines + cells.join("").split(/\r\n|\n|\r/).length, 0);
}

function filled(cells: readonly string[]): number {
  return cells.filter((cell) => cell.trim() !== "").length;
}
