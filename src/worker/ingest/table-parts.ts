/** What of a table is read: without columns that are not named or empty, notes below its rows, and a row of totals. */
import type { TextValues } from "../../domain/datasets/texts.ts";
import { selectColumns } from "../../formats/tables/selection.ts";
import type { Table } from "../../formats/tables/table.ts";
import type { FinishedColumn } from "./column.ts";
import { type Inference, inferTypes } from "./infer.ts";

/** A table and what its columns are. */
export interface InferredTable {
  readonly table: Table;
  readonly inference: Inference;
}

/** Keeps the columns that are named, in the table's order; all of them without names. Throws invalid for a name that is no column. */
export function keepColumns(inferred: InferredTable, wanted: readonly string[] | undefined): InferredTable {
  return keepAt(inferred, selectColumns(inferred.inference.names, wanted));
}

/** Leaves out columns that have neither a name nor a value, as spreadsheets save them; keeps all where no other is there. */
export function withoutBlanks(inferred: InferredTable): InferredTable {
  const { names, columns, csv } = inferred.inference;
  const unnamed = new Set(csv?.unnamed);
  const kept = [...names.keys()].filter((column) => !unnamed.has(column) || columns[column]?.type !== "empty");
  return kept.length === 0 ? inferred : keepAt(inferred, kept);
}

/** Keeps the columns at these positions, in order. */
function keepAt({ table, inference }: InferredTable, kept: readonly number[]): InferredTable {
  const { rows, names, columns, csv, sheet, encoding } = inference;
  if (kept.length === names.length) return { table, inference };
  const positions = new Map(kept.map((column, position) => [column, position]));
  return {
    table: {
      scan: (visit) =>
        table.scan((row, column, cells, index) => {
          const position = positions.get(column);
          if (position !== undefined) visit(row, position, cells, index);
        }),
    },
    inference: {
      rows,
      names: kept.map((column) => names[column] as string),
      columns: kept.map((column) => columns[column] as Inference["columns"][number]),
      ...(sheet && { sheet }),
      ...(encoding && { encoding }),
      ...(csv && { csv: { ...csv, unnamed: kept.flatMap((column, place) => (csv.unnamed.includes(column) ? [place] : [])) } }),
    },
  };
}

/** A table of its first rows. */
export function firstRows(table: Table, rows: number): Table {
  return {
    async scan(visit) {
      const extent = await table.scan((row, column, cells, index) => {
        if (row < rows) visit(row, column, cells, index);
      });
      return { ...extent, rows: Math.min(rows, extent.rows) };
    },
  };
}

/** A table without the notes below its rows, which are known when it was walked through once. */
export async function withoutNotes(given: InferredTable): Promise<InferredTable> {
  const { rows, csv } = given.inference;
  const notes = csv?.notes.rows ?? 0;
  if (notes === 0 || notes === rows) return given;
  const table = firstRows(given.table, rows - notes);
  return { table, inference: await inferTypes(table) };
}

/** The last row of a table, where it has the totals of all others. */
export interface TotalsRow {
  /** The columns whose sums it has. */
  readonly columns: readonly string[];
}

/** Rows from which a sum is none by chance, and values other than 0 among them. */
const MIN_ROWS = 6;
const MIN_VALUES = 4;
/** Sums of rounded values differ from rounded sums; those of whole numbers do not. */
const TOLERANCE = 1e-6;
const TOTAL =
  /^(?:grand |sub|gesamt|end)?(?:totals?|totaal|totale|sum|summe|insgesamt|gesamt|somme|suma|soma|razem|итого|всего|合計|総計|小計|合计|总计|합계)\b|^(?:合計|総計|小計|合计|总计|합계|итого|всего)/i;

/**
 * The totals in the last row of a table; null where it is a row like the others. It has the sum of all values above it in a column, and says
 * so; or it has such sums in most of its numbers, and in two at least, or leaves a cell empty that no other row does.
 */
export function totalsOf(columns: readonly FinishedColumn[], rows: number): TotalsRow | null {
  if (rows < MIN_ROWS) return null;
  const numbers = columns.filter(({ column: { type }, values }) => NUMERIC.has(type) && !isMissing(values?.[rows - 1], type));
  const sums = numbers.filter(({ column, values }) => isSum(values, rows, column.type === "integer"));
  if (sums.length === 0) return null;
  const found = { columns: sums.map(({ column }) => column.name) };
  if (columns.some((each) => TOTAL.test(lastLabel(each, rows)))) return found;
  // In many columns some last value is the sum of the others by chance.
  if (sums.length * 2 < numbers.length) return null;
  return sums.length > 1 || columns.some((each) => leavesOut(each, rows)) ? found : null;
}

const NUMERIC: ReadonlySet<string> = new Set(["number", "integer"]);

/** The label or text of the last row; empty where the column has none. */
function lastLabel({ column, values, texts }: FinishedColumn, rows: number): string {
  if (texts) return lastText(texts).trim();
  return column.type === "category" ? (column.categories?.[values?.[rows - 1] ?? -1] ?? "").trim() : "";
}

/** The last line of packed texts, which end with a line break. */
function lastText(texts: TextValues): string {
  const from = texts.length < 2 ? 0 : texts.lastIndexOf(LF, texts.length - 2) + 1;
  return new TextDecoder().decode(texts.subarray(from, -1));
}

const LF = 0x0a;

/** Whether the last row is the only one without a value in a column. */
function leavesOut({ column: { missing, type }, values, texts }: FinishedColumn, rows: number): boolean {
  if (missing !== 1) return false;
  return texts ? lastText(texts) === "" : values !== null && isMissing(values[rows - 1], type);
}

const isMissing = (value: number | undefined, type: string): boolean =>
  value === undefined || Number.isNaN(value) || ((type === "category" || type === "boolean") && value === -1);

/** Whether the last value is the sum of all others, and further from 0 than any of them: sums of positive and negative ones are often not. */
function isSum(values: FinishedColumn["values"], rows: number, isWhole: boolean): boolean {
  const last = values?.[rows - 1] ?? Number.NaN;
  if (!values || !last) return false;
  const furthest = Math.abs(last);
  let [sum, count] = [0, 0];
  for (let row = 0; row < rows - 1; row++) {
    const value = values[row] as number;
    // In most columns soon after the first row.
    if (Math.abs(value) >= furthest) return false;
    if (Number.isNaN(value) || value === 0) continue;
    sum += value;
    count++;
  }
  return count >= MIN_VALUES && Math.abs(sum - last) <= (isWhole ? 0 : TOLERANCE * furthest);
}
