/**
 * Lines above the names of a table's columns: a title, a date of export, empty rows, as reports and spreadsheets have them. Knows
 * cells and lines, nothing of bytes.
 */

/** A record at the beginning of a CSV: the line that it starts on, from 1, and its cells. */
export interface StartRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Titles above the names at most. */
const MOST_TITLES = 20;

/**
 * The number of records that stand above the names of the columns, 0 where the first one is of the table.
 *
 * A title fills at most half of the cells, or there are too few of them. The names after it are texts in every column, all different,
 * and either `areNames` is certain of them or an empty line sets them apart; from there on every record is as wide as they are.
 * Everything else is left to whoever reads the table: a row with a missing cell is an error and no title.
 */
export function countTitles(
  records: readonly StartRecord[],
  areNames: (rows: readonly (readonly string[])[]) => boolean,
): number {
  const width = records.at(-1)?.cells.length ?? 0;
  const isTitle = ({ cells }: StartRecord) => cells.length < width || filled(cells) <= width / 2;
  const isAsWide = ({ cells }: StartRecord) => cells.length === width;
  const titles = records.findIndex((record) => !isTitle(record));
  if (width < 2 || titles < 1 || titles > MOST_TITLES) return 0;
  const table = records.slice(titles);
  const [names, ...rows] = table as [StartRecord, ...StartRecord[]];
  const isNamed = filled(names.cells) === width && new Set(names.cells.map((cell) => cell.trim())).size === width;
  if (!isNamed || rows.length === 0 || !table.every(isAsWide)) return 0;
  const above = records[titles - 1] as StartRecord;
  const isSetApart = filled(above.cells) === 0 || names.line > above.line + 1;
  return isSetApart || areNames(table.map(({ cells }) => cells)) ? titles : 0;
}

function filled(cells: readonly string[]): number {
  return cells.filter((cell) => cell.trim() !== "").length;
}
