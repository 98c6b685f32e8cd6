/**
 * The names of a table's columns where they take more than one row: groups of columns above them, as merged cells have them, and rows of
 * units or questions below. Knows cells, nothing of bytes and lines.
 */

type Row = readonly string[];

/** What the rows of a table say of its first one. */
export interface HeadTests {
  /** Whether it has the names for certain: texts alone, and one of them above numbers. */
  areNames(rows: readonly Row[]): boolean;
  /** Whether a cell is a text, or empty. */
  isText(cell: string): boolean;
  isBlank(cell: string): boolean;
  /** Whether a text says that a value is missing. */
  isMissing(cell: string): boolean;
  /** Whether a cell is a unit and nothing else. */
  isUnit(cell: string): boolean;
}

/** The rows at the beginning of a table that have its names. */
export interface Head {
  /** How many there are. */
  readonly rows: number;
  /** The names of two rows together; null where the first row has them. */
  readonly names: readonly string[] | null;
}

/** Rows below the names that may have no values: Qualtrics has a question and an id in them, instruments a unit. */
const MAX_BELOW = 3;
/** Columns of numbers that such a row must have a text above, and rows of values that must follow. */
const MIN_COLUMNS = 2;
const MIN_ROWS = 3;

const YEAR = /^(?:19|20)\d\d$/;

/** Where the values of a table begin whose first row has names. One row has them, unless the rows leave no doubt. */
export function headOf(rows: readonly Row[], tests: HeadTests): Head {
  const [first = [], second = [], ...below] = rows;
  const names = togetherNames(first, second, below, tests);
  if (names) return { rows: 2, names };
  for (let count = MAX_BELOW; count > 0; count--) {
    const values = rows.slice(1 + count);
    const isHead = rows.slice(1, 1 + count).every((row) => hasNoValue(row, values, tests));
    if (values.length >= MIN_ROWS && isHead) return { rows: 1 + count, names: null };
  }
  return { rows: 1, names: null };
}

/**
 * The names of groups and columns together; null where they are not that. Groups leave the cells behind them empty, and either the names
 * below repeat themselves, so that a group tells them apart, or they are empty below the columns that are in no group. Of numbers, only
 * years are names: data frames leave the name of their index out, and their first row may have the same number twice.
 */
export function togetherNames(groups: Row, names: Row, below: readonly Row[], tests: HeadTests): string[] | null {
  const { isBlank, isText } = tests;
  const isBehind = (cell: string, column: number) => isBlank(cell) && column > 0 && !isBlank(groups[column - 1] as string);
  const isGroups = groups.length === names.length && groups.some(isBehind) && groups.every(isText);
  if (!isGroups || below.length === 0 || !names.every((name) => isText(name) || YEAR.test(name.trim()))) return null;
  const last = names.findLastIndex((name, column) => !isBlank(name) || !isBlank(groups[column] as string));
  if (names.some((name, column) => column <= last && isBlank(name) && isBlank(groups[column] as string))) return null;
  const isRepeated = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
  const isDivided = names.some((name) => !isBlank(name) && isRepeated(name));
  // Below a name that spans both rows the second one is empty, while all values are there.
  const spans = (name: string, column: number) =>
    isBlank(name) && !isBlank(groups[column] as string) && below.every((row) => !isBlank(row[column] ?? ""));
  if (!isDivided && !names.some(spans)) return null;
  let group = "";
  // A name of its own above a single column is no group: surveys say below it how it was answered, the same way below many.
  const isSingle = (column: number) => column === names.length - 1 || !isBlank(groups[column + 1] as string);
  const together = names.map((name, column) => {
    const own = groups[column] as string;
    if (!isBlank(own)) group = own.trim();
    if (isBlank(name)) return own.trim();
    if (!isBlank(own) && isSingle(column) && !YEAR.test(name.trim())) {
      const isOnce = groups.indexOf(own) === groups.lastIndexOf(own);
      return isRepeated(name) && isOnce ? own.trim() : `${own.trim()} ${name.trim()}`;
    }
    const isInGroup = group !== "" && (isRepeated(name) || !isDivided);
    return isInGroup ? `${group} ${name.trim()}` : name.trim();
  });
  const given = together.filter((name) => name !== "");
  if (new Set(given).size !== given.length) return null;
  return tests.areNames([together.slice(0, last + 1), ...below.map((row) => row.slice(0, last + 1))]) ? together : null;
}

/**
 * Whether a row has no values: it has texts above at least two columns of numbers, or a unit above one, which no row of values has. Beside a
 * unit, cells may say that there is none (n/a); in a row without units, such a word is a missing value.
 */
function hasNoValue(row: Row, values: readonly Row[], { areNames, isText, isBlank, isMissing, isUnit }: HeadTests): boolean {
  if (!row.every((cell) => isText(cell) || isMissing(cell))) return false;
  const measured = row.map((_, column) => areNames([["name"], ...values.map((value) => [value[column] ?? ""])]));
  const above = row.filter((cell, column) => measured[column] && !isBlank(cell));
  if (!above.some(isUnit)) return above.length >= MIN_COLUMNS && !row.some(isMissing);
  return (
    above.length >= MIN_COLUMNS ||
    row.every((cell, column) => measured[column] || isBlank(cell) || isMissing(cell) || isUnit(cell))
  );
}
