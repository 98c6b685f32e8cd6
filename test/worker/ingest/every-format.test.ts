import fc from "fast-check";
import { writeXlsx } from "hucre/xlsx";
import { describe, expect, it } from "vitest";
import { cellOf, createValueReader } from "../../../src/domain/datasets/column-reader.ts";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import type { ValueColumn } from "../../../src/domain/datasets/preprocessing.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { createJsonTable } from "../../../src/formats/tables/json-table.ts";
import { createNdjsonTable } from "../../../src/formats/tables/ndjson.ts";
import { createParquetTable } from "../../../src/formats/tables/parquet.ts";
import type { Table } from "../../../src/formats/tables/table.ts";
import { openSheet } from "../../../src/formats/workbooks/workbook.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";
import { type ParquetColumn, type ParquetKind, writeParquet } from "../../formats/tables/write-parquet.ts";

const LIMITS = parseConfig({}).datasetLimits;
type Value = string | number | boolean | null;

/** Values of each kind of column, as JSON has them; of CSV, the same as text. */
const KINDS: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  integer: fc.integer(),
  number: fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.trunc(value) + 0.25),
  boolean: fc.boolean(),
  datetime: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) => date.toISOString()),
  american: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 28 })).map(([m, d]) => `${m}/${d}/2024`),
  category: fc.constantFrom("a", "b c", "d,e", 'say "f"', "-g", "n.a."),
};

const rows = fc.array(
  fc.record(Object.fromEntries(Object.entries(KINDS).map(([kind, value]) => [kind, fc.option(value, { freq: 9 })]))),
  {
    minLength: 20,
    maxLength: 40,
  },
);

const NAMES = Object.keys(KINDS);
const csvCell = (value: Value): string =>
  typeof value === "string" ? `"${value.replaceAll('"', '""')}"` : String(value ?? "");
const csvOf = (table: readonly Record<string, Value>[]) =>
  `${NAMES.join(",")}\n${table.map((row) => `${NAMES.map((name) => csvCell(row[name] ?? null)).join(",")}\n`).join("")}`;
/** How each kind is stored in Parquet; the others as text. */
const STORED: Readonly<Record<string, ParquetKind>> = {
  ...{ integer: "int64", number: "double", boolean: "boolean", datetime: "timestamp" },
};
function parquetOf(table: readonly Record<string, Value>[]): ArrayBuffer {
  const columns = NAMES.map((name): ParquetColumn => {
    const kind = STORED[name] ?? "text";
    const cellAt = (value: Value) => (value !== null && kind === "timestamp" ? Date.parse(String(value)) : value);
    return { name, kind, values: table.map((row) => cellAt(row[name] ?? null)) };
  });
  return new Uint8Array(writeParquet(columns)).buffer;
}
/** Times are dates of Excel, which are days since 1900 in float64: exact to the millisecond. */
async function workbookOf(table: readonly Record<string, Value>[]): Promise<Table> {
  const cellAt = (value: Value, name: string) =>
    value !== null && name === "datetime" ? new Date(String(value)) : (value as string | number | boolean | null);
  const rows = [NAMES, ...table.map((row) => NAMES.map((name) => cellAt(row[name] ?? null, name)))];
  const columns = NAMES.map((name) => (name === "datetime" ? { numFmt: "yyyy-mm-dd hh:mm:ss.000" } : {}));
  const { csv } = await openSheet(Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows, columns }] })), {}, LIMITS);
  return createCsvTable(chunked([...csv()].join("")), { header: "true" }, LIMITS);
}
const read = (table: Table) => readTable(table, { types: {} }, LIMITS);

const NUMERIC = { kind: "numeric", integer: false, fill: 0, indicator: false, scaling: null } as const;
const LABELS = { kind: "category", fill: null, encode: "one_hot", dimension: null } as const;

/** The column of a model that was trained on a column. */
function fitted({ name: column, type, categories, reading }: Column): ValueColumn {
  const own = reading ? { column, reading } : { column };
  if (type === "datetime") return { ...own, kind: "datetime", fill: 0, indicator: false, parts: [] };
  if (categories) return { ...LABELS, ...own, boolean: type === "boolean", categories };
  return { ...NUMERIC, ...own };
}

describe("a random table of every kind of column", () => {
  it("is the same data set from CSV, Excel, NDJSON, JSON and Parquet, and each of its cells is the same value to a model", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        // A column without a value has no kind.
        fc.pre(NAMES.every((name) => table.some((row) => row[name] !== null)));
        const csv = await read(createCsvTable(chunked(csvOf(table)), { header: "true" }, LIMITS));
        const lines = table.map((row) => `${JSON.stringify(row)}\n`).join("");
        for (const other of [
          await read(createNdjsonTable(chunked(lines), LIMITS)),
          await read(createJsonTable(chunked(JSON.stringify(table)), LIMITS)),
          await read(createParquetTable(parquetOf(table), LIMITS)),
          await read(await workbookOf(table)),
        ]) {
          expect(JSON.parse(other.columnsJson)).toEqual(JSON.parse(csv.columnsJson));
          expect(other.values).toEqual(csv.values);
        }
        for (const column of JSON.parse(csv.columnsJson) as Column[]) {
          const encoded = fitted(column);
          const values = csv.values.get(column.name);
          const reader = createValueReader(encoded);
          table.forEach((row, index) => {
            const raw = row[column.name] ?? null;
            const stored = values?.[index] ?? Number.NaN;
            const expected = stored === -1 && column.categories ? Number.NaN : stored;
            const text = cellOf(raw === null ? "" : String(raw), typeof raw === "string", encoded);
            // A model takes float32: what is beyond it is refused by every door alike.
            if (Number.isFinite(Math.fround(expected)) || Number.isNaN(expected))
              expect([reader(raw), reader(text)]).toEqual([expected, expected]);
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});
