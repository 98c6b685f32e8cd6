/** Tables in CSV: the names of the columns, and the cells of every record. */

import {
  type ByteChunks,
  checkExtent,
  columnNames,
  distinctNames,
  type RenamedColumn,
  type Table,
  type TableLimits,
} from "../tables/table.ts";
import { CsvCells } from "./csv-cells.ts";
import { CsvRows, SHOWN_LINES } from "./csv-rows.ts";
import { type CsvRecord, createCsvScanner } from "./csv-scanner.ts";
import { bytesFrom, type CsvStart, guessHeader, type HeaderGuess, readCsvStart } from "./csv-start.ts";

export interface CsvOptions {
  /** One character of ASCII. Found out when it is left out. */
  readonly delimiter?: string | undefined;
  readonly header: "true" | "false" | "auto";
  /** Lines at the beginning that are no rows. A title above the names is found out when it is left out. */
  readonly skipLines?: number | undefined;
  /** `auto` leaves out what reports have among and below their rows; otherwise every record below the names is a row, but comments. */
  readonly rows?: "auto" | "all" | undefined;
  /** Whether the CSV is a sheet of a workbook, whose numbers are marked as such. */
  readonly isSheet?: boolean;
}

/** A table in CSV. Its first record decides on the number of columns; whether it has names is up to `header`. */
export function createCsvTable(chunks: ByteChunks, options: CsvOptions, limits: TableLimits): Table {
  let known: { readonly start: CsvStart; readonly header: HeaderGuess } | null = null;
  return {
    async scan(visit) {
      known ??= await readStart(chunks, options, limits);
      const { start, header } = known;
      const { delimiter, firstLine } = start;
      const cells = new CsvCells(options.isSheet);
      let names: string[] | null = null;
      let given: readonly string[] = [];
      let renamed: readonly RenamedColumn[] = [];
      let records: CsvRows | null = null;
      let rows = 0;
      const onRecord = (record: CsvRecord): void => {
        cells.record = record;
        if (!names || !records) {
          checkExtent(0, record.count, limits, `line ${record.line}`);
          given = header.isHeader ? (start.names ?? cells.texts()) : Array.from({ length: record.count }, () => "");
          const distinct = distinctNames(given);
          names = columnNames(distinct.names);
          renamed = distinct.renamed;
          cells.names = names;
          const named = { names: header.isHeader ? record : null, nameLines: header.isHeader ? start.nameLines : [] };
          records = new CsvRows({ ...named, width: names.length, all: options.rows !== "auto" });
          if (header.isHeader) return;
        }
        if (!records.take(record, cells)) return;
        for (let column = 0; column < names.length; column++) visit(rows, column, cells, column);
        rows++;
        if (rows > limits.rows) checkExtent(rows, names.length, limits, `line ${record.line}`);
      };
      const scanner = createCsvScanner({ delimiter, maxCellBytes: limits.cellBytes, firstLine, onRecord });
      for await (const chunk of bytesFrom(chunks, start.offset)) scanner.push(chunk);
      scanner.end();
      const { lines, count } = (records as CsvRows | null)?.skipped ?? { lines: [], count: 0 };
      const csv = {
        ...{ delimiter: String.fromCharCode(delimiter), hasHeader: header.isHeader, headerDoubt: header.doubt },
        ...{ askedLines: start.askedLines, titleLines: start.titleLines, namesLine: firstLine },
        skippedLines: [...start.skippedLines, ...lines.slice(0, Math.max(0, SHOWN_LINES - start.skippedLines.length))],
        skipped: start.skippedLines.length + count,
        unnamed: header.isHeader ? given.flatMap((name, column) => (name.trim() === "" ? [column] : [])) : [],
        renamed,
        nameLines: header.isHeader ? start.nameLines : [],
        notes: (records as CsvRows | null)?.notes ?? { lines: [], rows: 0 },
      };
      return { rows, names: names ?? [], csv };
    },
  };
}

async function readStart(chunks: ByteChunks, { delimiter, header, skipLines, rows }: CsvOptions, { cellBytes }: TableLimits) {
  const start = await readCsvStart(chunks, {
    delimiter: delimiter === undefined ? null : delimiter.charCodeAt(0),
    skipLines: skipLines ?? null,
    mayHaveTitles: header === "auto",
    mayHaveNameLines: header !== "false" && rows === "auto",
    maxCellBytes: cellBytes,
  });
  const guess = header === "auto" ? guessHeader(start.sample) : { isHeader: header === "true", doubt: null };
  return { start, header: guess };
}
