/** Which odd cells of a column remain after some of its cells were corrected. Does not know how they are corrected. */
import type { CorrectedCell } from "../../domain/datasets/corrections.ts";
import type { Column, ColumnValues, OddCells } from "../../domain/datasets/dataset.ts";
import type { TableReading } from "../../domain/datasets/table-reading.ts";

/** A column before its correction. */
export interface Uncorrected {
  readonly column: Column;
  readonly values: ColumnValues;
  readonly cells: readonly CorrectedCell[];
  readonly reading: TableReading | null;
}

/** The odd cells that remain; null if none are known. */
export function remainingOddCells(before: Uncorrected): OddCells | null {
  const { odd } = before.column;
  if (!odd) return null;
  const { handled, cells } = odd.read_as === "label" ? oddLabels(before, odd) : oddMissing(before, odd);
  const count = odd.count - handled;
  return count > 0 && cells.length > 0 ? { ...odd, count, cells: cells.slice(0, count) } : null;
}

/** Labels are identified by their text. */
function oddLabels({ column, values, cells }: Uncorrected, odd: OddCells) {
  const labels = column.categories ?? [];
  const changed = cells.map(({ row }) => labels[values[row] as number]);
  const isListed = (label: string | undefined) => odd.cells.some(({ value }) => label !== undefined && says(label, value));
  const left = odd.cells.filter(({ value }) => {
    const codes = new Set(labels.flatMap((label, code) => (says(label, value) ? [code] : [])));
    const corrected = changed.filter((label) => label !== undefined && says(label, value)).length;
    let present = 0;
    for (const code of values) if (codes.has(code)) present++;
    return present > corrected;
  });
  return { handled: changed.filter(isListed).length, cells: left };
}

/** A long listed cell is cut. */
const says = (label: string, shown: string): boolean =>
  shown.endsWith("…") ? label.trim().startsWith(shown.slice(0, -1).trim()) : label.trim() === shown.trim();

/** Cells that were read as missing are identified by their row; if all missing cells are odd, the count is exact. */
function oddMissing({ column, values, cells, reading }: Uncorrected, odd: OddCells) {
  const isMissing = (row: number) => (values instanceof Float64Array ? Number.isNaN(values[row]) : values[row] === -1);
  const handled = new Set(cells.map(({ row }) => row).filter(isMissing));
  const left = odd.cells.filter((cell) => !handled.has(rowOf(cell, reading)));
  return { handled: column.missing === odd.count ? handled.size : odd.cells.length - left.length, cells: left };
}

/** The row of a listed cell, from 0, as long as no earlier cell has several lines. */
function rowOf({ place, line }: OddCells["cells"][number], reading: TableReading | null): number {
  const [, row] = /^row (\d+)/.exec(place) ?? [];
  if (row !== undefined) return Number(row) - 1;
  if (line === null) return -1;
  const skipped = (reading?.skipped_lines ?? []).filter((each) => each < line).length;
  return line - 1 - skipped - (reading?.header?.value ? 1 : 0);
}
