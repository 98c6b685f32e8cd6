/** Rows of parsed JSON as a table: objects whose keys are columns, in the order of their first occurrence, or arrays. */
import { createJsonRowReader } from "./json-row-reader.ts";
import { checkExtent, invalidTable, overLimit, type TableLimits, type Visit } from "./table.ts";
import { type CellValue, isCellValue, NumberCells, ValueCells } from "./value-cells.ts";

export interface JsonRows {
  /** Reads the plain row that starts at a byte on a line, an object or an array; -1 for one that needs `addObject` or `addArray`. */
  readObject(bytes: Buffer, start: number, line: number): number;
  /** Does the same as `readObject`, for an array. */
  readArray(bytes: Buffer, start: number, line: number): number;
  /** Adds a row, which starts on a line. Throws invalid or too_large. */
  addObject(row: unknown, line: number): void;
  /** Adds a row of values in the order of the columns, `width` of them. */
  addArray(row: unknown, line: number): void;
  readonly rows: number;
  /** Keys of the objects so far. */
  readonly names: readonly string[];
  /** Values of each array; -1 before the first. */
  readonly width: number;
}

/** Collects nothing: each row is visited at once. */
export function createJsonRows(visit: Visit, limits: TableLimits): JsonRows {
  const columns = new Map<string, number>();
  const names: string[] = [];
  let width = -1;
  let rows = 0;
  let line = 1;
  const place = (index: number): string =>
    `line ${line}, column ${index + 1}${names[index] === undefined ? "" : ` (${names[index]})`}`;
  const cells = new ValueCells(place, { line: () => line });
  const value: CellValue[] = [];
  cells.values = value;

  const visitCell = (column: number, given: unknown): void => {
    if (!isCellValue(given))
      throw invalidTable(`${place(column)}: a cell must be a text, a number, a boolean or null; nested values are not allowed`);
    if (typeof given === "string") checkLength(given, column);
    value[column] = given;
    visit(rows, column, cells, column);
  };
  const checkLength = (text: string, column: number): void => {
    // A UTF-16 unit takes at most three bytes in UTF-8.
    if (text.length * 3 > limits.cellBytes && Buffer.byteLength(text) > limits.cellBytes) {
      throw overLimit(`${place(column)}: the cell has more bytes`, limits.cellBytes, "CELL_BYTES");
    }
  };
  const columnOf = (name: string): number => {
    const known = columns.get(name);
    if (known !== undefined) return known;
    const column = names.push(name) - 1;
    columns.set(name, column);
    if (names.length > limits.columns) checkExtent(0, names.length, limits, `line ${line}`);
    return column;
  };
  const endRow = (): void => {
    rows++;
    if (rows > limits.rows) checkExtent(rows, 0, limits, `line ${line}`);
  };

  const reader = createJsonRowReader();
  const { row: plain } = reader;
  const numberCells = new NumberCells(place, () => line);
  const known = (name: string): number | undefined => columns.get(name);
  const visitPlain = (end: number, at: number): number => {
    if (end < 0) return end;
    line = at;
    for (let index = 0; index < plain.count; index++) {
      const column = plain.columns[index] as number;
      if (plain.isNumber[index]) {
        numberCells.numbers[column] = plain.numbers[index] as number;
        visit(rows, column, numberCells, column);
      } else visitCell(column, plain.values[index]);
    }
    endRow();
    return end;
  };

  return {
    readObject: (bytes, start, at) => visitPlain(reader.object(bytes, start, known), at),
    readArray(bytes, start, at) {
      const end = reader.array(bytes, start);
      // addArray checks the first row, and rows of another width.
      return plain.count === width ? visitPlain(end, at) : -1;
    },
    addObject(row, at) {
      line = at;
      if (typeof row !== "object" || row === null || Array.isArray(row)) {
        throw invalidTable(
          `line ${line}: a row must be an object with one member for each column; pandas writes that with orient="records"`,
        );
      }
      for (const [name, given] of Object.entries(row)) visitCell(columnOf(name), given);
      endRow();
    },
    addArray(row, at) {
      line = at;
      if (!Array.isArray(row)) throw invalidTable(`line ${line}: a row must be an array with one value for each column`);
      if (width < 0) checkExtent(0, row.length, limits, `line ${line}`);
      if (width >= 0 && row.length !== width) {
        throw invalidTable(`line ${line}: the row has ${row.length} values, but the first row has ${width}`);
      }
      width = row.length;
      row.forEach((given: unknown, column) => {
        visitCell(column, given);
      });
      endRow();
    },
    get rows() {
      return rows;
    },
    names,
    get width() {
      return width;
    },
  };
}
