import { readFile } from "node:fs/promises";
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Column, columnSchema } from "../../../src/domain/datasets/dataset.ts";
import type { IngestedTable } from "../../../src/domain/datasets/upload.ts";
import { createParquetTable } from "../../../src/formats/tables/parquet.ts";
import { columnReader } from "../../../src/formats/tables/parquet-types.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { contentsOf } from "./tables.ts";
import { writeParquet } from "./write-parquet.ts";

const LIMITS = parseConfig({}).datasetLimits;

const bytesOf = (name: string) => readFile(new URL(`../../fixtures/parquet/${name}.parquet`, import.meta.url));

function tableOf(bytes: Buffer, columns?: readonly string[]) {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return createParquetTable(buffer, LIMITS, columns);
}

async function read(name: string, options: Partial<Parameters<typeof readTable>[1]> = {}): Promise<IngestedTable> {
  return readTable(tableOf(await bytesOf(name), options.columns), { types: {}, ...options }, LIMITS);
}

const columnsOf = ({ columnsJson }: IngestedTable): Column[] => columnSchema.array().parse(JSON.parse(columnsJson));
const typesOf = (table: IngestedTable) => Object.fromEntries(columnsOf(table).map(({ name, type }) => [name, type]));
const valuesOf = (table: IngestedTable, name: string) => [...(table.values.get(name) ?? [])];
/** RFC 8878, 3.1.2: a magic number, a length, and bytes for others. */
const SKIPPED_FRAME = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const range = (rows: number) => Array.from({ length: rows }, (_, row) => row);

describe("a DECIMAL is its own value", () => {
  it("as a number, to the last digit", async () => {
    const table = await read("decimal.duckdb");
    expect(valuesOf(table, "v")).toEqual(range(50).map((row) => [0, 0.1, 0.2, 0.3, 0.4][row % 5]));
    const others = await read("decimals.duckdb");
    expect(valuesOf(others, "d4")).toEqual(range(100).map((row) => row / 100));
    expect(valuesOf(others, "d12")).toEqual(valuesOf(others, "d"));
    expect(valuesOf(others, "d38")).toEqual(
      range(100).map((row) => Number(`${BigInt(row) * 123_456_789_123_456_789_123n}e-3`)),
    );
    expect(typesOf(others)).toMatchObject({ d4: "number", d12: "number", whole: "integer" });
  });

  it("as a label", async () => {
    const table = await read("decimal.duckdb", { types: { v: "category" } });
    expect(columnsOf(table)[0]?.categories?.slice(0, 5)).toEqual(["0", "0.1", "0.2", "0.3", "0.4"]);
  });

  it.each(["types.pyarrow", "types-dictionary.pyarrow"])("however it is stored (%s)", async (name) => {
    const table = await read(name);
    const expected = range(12).map((row) => (row === 5 ? Number.NaN : (row - 3) / 10));
    expect(valuesOf(table, "d_flba")).toEqual(expected);
    expect(valuesOf(table, "d_money")[0]).toBe(Number("-41234567890123.0123456789"));
  });

  it("for every number of digits: the float64 nearest to it", () => {
    const unscaled = fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n });
    fc.assert(
      fc.property(unscaled, fc.integer({ min: 0, max: 38 }), (value, scale) => {
        const element = { name: "d", type: "INT64", converted_type: "DECIMAL", scale } as const;
        const reader = columnReader({ element, children: [], count: 1, path: ["d"] });
        if (typeof reader === "string" || !reader.cellOf) throw new Error("a DECIMAL has a reader");
        expect(Number(reader.cellOf(value as never))).toBe(Number(`${value}e-${scale}`));
      }),
    );
  });
});

describe("numbers without a sign", () => {
  it("are read right from delta pages, whichever way their first value is packed", async () => {
    const table = await read("delta.duckdb");
    const rows = range(1000);
    expect(valuesOf(table, "big")).toEqual(rows.map((row) => 3_000_000_000 + row * 37));
    expect(valuesOf(table, "down")).toEqual(rows.map((row) => 4_294_967_295 - row * 1_000_003));
    expect(valuesOf(table, "mixed")).toEqual(rows.map((row) => (row % 3 === 0 ? 5 : 4_000_000_000 + row)));
    expect(valuesOf(table, "small")).toEqual(rows);
    expect(valuesOf(table, "gaps")).toEqual(rows.map((row) => (row % 7 === 0 ? Number.NaN : 3_000_000_000 + row)));
    expect(valuesOf(table, "i64")).toEqual(rows.map((row) => row * 4e12));
    for (const name of ["types.pyarrow", "types-dictionary.pyarrow"]) {
      expect(valuesOf(await read(name), "u32")).toEqual(range(12).map((row) => 3_000_000_000 + row));
    }
  });

  it("that contradict what the file says of them are refused", async () => {
    const bytes = Buffer.from(await bytesOf("delta.duckdb"));
    const max = Buffer.alloc(4);
    max.writeUInt32LE(3_000_036_963);
    bytes.writeUInt32LE(3_000_000_001, bytes.lastIndexOf(max));
    await expect(tableOf(bytes).scan(() => undefined)).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/columns" }],
      message: expect.stringContaining(
        'column "big" reads as 3000000037, but the file says that it is between 3000000000 and 3000000001',
      ),
    });
  });
});

describe("whole numbers beyond 2^53", () => {
  it.each(["types.pyarrow", "types-dictionary.pyarrow"])("keep their digits, as in JSON and CSV (%s)", async (name) => {
    const columns = columnsOf(await read(name));
    const labels = (wanted: string) => columns.find((column) => column.name === wanted)?.categories;
    expect(labels("u64")?.slice(0, 2)).toEqual(["9223372036854775808", "9223372036854775809"]);
    expect(labels("i64")?.slice(0, 4)).toEqual([
      "9007199254740990",
      "9007199254740991",
      "9007199254740992",
      "9007199254740993",
    ]);
    expect(valuesOf(await read(name, { types: { i64: "number" } }), "i64")[0]).toBe(9007199254740990);
  });
});

describe("times", () => {
  it.each(["types.pyarrow", "types-dictionary.pyarrow"])("of the day are seconds, whatever the unit (%s)", async (name) => {
    const table = await read(name);
    expect(valuesOf(table, "time_ms")).toEqual(range(12).map((row) => row * 1.5));
    expect(valuesOf(table, "time_us")).toEqual(range(12).map((row) => (row * 1_500_000 + 1) / 1e6));
    expect(valuesOf(table, "time_ns")).toEqual(range(12).map((row) => (row * 1_500_000_000 + 1) / 1e9));
  });

  it.each(["types.pyarrow", "types-dictionary.pyarrow"])("since 1970 are milliseconds, before 1970 too (%s)", async (name) => {
    const table = await read(name);
    const dayMs = 86_400_000;
    expect(typesOf(table)).toMatchObject({ at_ms: "datetime", at_us: "datetime", at_ns: "datetime", day: "datetime" });
    expect(valuesOf(table, "at_ms")).toEqual(range(12).map((row) => (row - 1) * dayMs - 1));
    expect(valuesOf(table, "at_us")).toEqual(range(12).map((row) => (row - 1) * dayMs - 0.001));
    expect(valuesOf(table, "at_ns")).toEqual(range(12).map((row) => (row - 1) * dayMs - 0.0005));
    expect(valuesOf(table, "day")).toEqual(range(12).map((row) => (row - 3) * dayMs));
    expect(JSON.parse(table.previewLines[0] as string)).toContain("1969-12-30T23:59:59.999Z");
  });
});

describe("what is missing", () => {
  it("is every value of Arrow's Null type, whatever stands there", async () => {
    const columns = columnsOf(await read("null.parquet-wasm"));
    expect(columns[1]).toMatchObject({ name: "nothing", missing: 20, distinct: 0 });
    expect(columnsOf(await read("types.pyarrow")).find(({ name }) => name === "nothing")?.missing).toBe(12);
  });

  it("is an infinity in a column of numbers, and is noted", async () => {
    const table = await read("infinity.duckdb");
    const odd = { count: 1, cells: [{ line: null, value: "Infinity" }], read_as: "missing" };
    expect(columnsOf(table)[0]).toMatchObject({ name: "v", type: "number", missing: 1, odd });
    expect(JSON.parse(String(table.aboutJson))).toMatchObject({ notes: [{ code: "cells_read_as_missing", column: "v" }] });
  });
});

it.each([
  ["two frames of ZSTD", (page: Buffer) => [page.subarray(0, 100), page.subarray(100)].map((part) => zstdCompressSync(part))],
  ["a frame of ZSTD after one to be skipped, as pzstd writes", (page: Buffer) => [SKIPPED_FRAME, zstdCompressSync(page)]],
  ["a frame of ZSTD and one to be skipped", (page: Buffer) => [zstdCompressSync(page), SKIPPED_FRAME]],
])("a page may be %s", async (_, frames) => {
  const values = range(100);
  const pack = (page: Buffer) => Buffer.concat(frames(page));
  const table = tableOf(writeParquet([{ name: "x", kind: "double", values }], { codec: 6, pack }));
  expect(valuesOf(await readTable(table, { types: {} }, LIMITS), "x")).toEqual(values);
});

it("JSON is its text", async () => {
  const { rows } = await contentsOf(tableOf(await bytesOf("json.duckdb")));
  expect(rows[1]?.[1]).toBe('{"a":1}');
});

it("half precision is a number", async () => {
  expect(valuesOf(await read("types.pyarrow"), "half")).toEqual(range(12).map((row) => row / 4));
});

describe("columns that cannot be read", () => {
  it("are named with the cure", async () => {
    await expect(read("unreadable.duckdb")).rejects.toMatchObject({
      code: "invalid",
      message:
        'columns "span" (INTERVAL), "list" (LIST), "struct" (STRUCT), "map" (MAP): a cell must be a text, a number, a boolean or a time; ' +
        "leave out with columns=id,bytes,x",
      errors: [{ pointer: "/columns" }],
    });
    await expect(read("unreadable.duckdb", { columns: ["list"] })).rejects.toMatchObject({
      message: 'column "list" (LIST): a cell must be a text, a number, a boolean or a time; there is no other column',
    });
  });

  it("are left out, and the others read, when those are named", async () => {
    const table = await read("unreadable.duckdb", { columns: ["x", "id"] });
    expect(table.names).toEqual(["id", "x"]);
    expect(valuesOf(table, "x")).toEqual([0, 2.5, 5, 7.5, 10]);
  });

  it("are found by a name that nearly fits", async () => {
    await expect(read("unreadable.duckdb", { columns: ["id", "byte"] })).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/columns/1", detail: '"byte" is not a column of the table: did you mean bytes?' }],
    });
  });
});
