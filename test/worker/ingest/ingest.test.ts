import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Column, columnSchema } from "../../../src/domain/datasets/dataset.ts";
import { type TextValues, textsOf } from "../../../src/domain/datasets/texts.ts";
import type { IngestedTable } from "../../../src/domain/datasets/upload.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { createNdjsonTable } from "../../../src/formats/tables/ndjson.ts";
import { createParquetTable } from "../../../src/formats/tables/parquet.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { chunksOf, randomAccess } from "../../../src/worker/ingest/file.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";

const LIMITS = parseConfig({}).datasetLimits;
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/datasets/${name}`, import.meta.url));

type Types = Parameters<typeof readTable>[1]["types"];

const csv = (text: string, types: Types = {}, limits = LIMITS) =>
  readTable(createCsvTable(chunked(text), { header: "auto" }, limits), { types }, limits);

const csvFile = (name: string) =>
  readTable(createCsvTable(chunksOf(fixture(name), false, LIMITS.bytes), { header: "auto" }, LIMITS), { types: {} }, LIMITS);

async function parquetFile(name: string): Promise<IngestedTable> {
  await using file = await open(fixture(name));
  const { size } = await file.stat();
  return await readTable(createParquetTable(randomAccess(file, size), LIMITS), { types: {} }, LIMITS);
}

/** The columns, held to their schema. */
const columnsOf = ({ columnsJson }: IngestedTable): Column[] => columnSchema.array().parse(JSON.parse(columnsJson));
const typesOf = (table: IngestedTable) => columnsOf(table).map(({ type }) => type);
const column = (lines: readonly string[]) => `x,y\n${lines.map((line) => `${line},1\n`).join("")}`;

describe("real tables", () => {
  it("have the types that a person would give them", async () => {
    const penguins = await csvFile("penguins.csv");
    expect(penguins.rows).toBe(344);
    expect(columnsOf(penguins).map(({ name, type, missing }) => `${name}: ${type}, ${missing} missing`)).toEqual([
      "species: category, 0 missing",
      "island: category, 0 missing",
      "beak_length_mm: number, 2 missing",
      "beak_depth_mm: number, 2 missing",
      "flipper_length_mm: integer, 2 missing",
      "body_mass_g: integer, 2 missing",
      "sex: category, 11 missing",
    ]);
    expect(typesOf(await csvFile("iris.csv"))).toEqual(["number", "number", "number", "number", "category"]);
    expect(new Set(typesOf(await csvFile("digits.csv")))).toEqual(new Set(["integer"]));
    expect(new Set(typesOf(await csvFile("diabetes.csv")))).toEqual(new Set(["number", "integer"]));
    expect((await csvFile("wine.csv")).rows).toBe(178);
    expect(typesOf(await csvFile("breast_cancer.csv")).at(-1)).toBe("category");
  });

  it("have values in row order: NaN and -1 where missing, codes by sorted label", async () => {
    const { values, previewLines } = await csvFile("penguins.csv");
    expect(values.get("beak_length_mm")?.slice(0, 5)).toEqual(new Float64Array([39.1, 39.5, 40.3, Number.NaN, 36.7]));
    expect(values.get("sex")?.slice(0, 5)).toEqual(new Int32Array([1, 0, 0, -1, 0]));
    expect(previewLines).toHaveLength(100);
    expect(JSON.parse(previewLines[3] as string)).toEqual(["Adelie", "Torgersen", null, null, null, null, null]);
  });

  it.each(["penguins.snappy.parquet", "penguins.zstd.parquet", "penguins.gzip.parquet", "penguins-dictionary.zstd.parquet"])(
    "are the same from %s as from CSV",
    async (name) => {
      const fromCsv = await csvFile("penguins.csv");
      const parquet = await parquetFile(name);
      expect(columnsOf(parquet).slice(0, 7)).toEqual(columnsOf(fromCsv));
      for (const [key, values] of fromCsv.values) expect(parquet.values.get(key)).toEqual(values);
      expect(typesOf(parquet).slice(7)).toEqual(["datetime", "boolean", "integer"]);
      expect(parquet.values.get("tagged")?.[3]).toBe(Date.UTC(2007, 10, 11, 3));
      expect(parquet.values.get("adult")?.slice(0, 4)).toEqual(new Int32Array([1, 0, 0, 1]));
      expect(parquet.values.get("serial")?.[3]).toBe(3_000_000_021);
    },
  );

  it("are refused when the file is no Parquet; a list that is declared as JSON is its text", async () => {
    expect(columnsOf(await parquetFile("nested.parquet"))[0]?.categories).toEqual(["[1,2]", "[3]"]);
    await expect(parquetFile("iris.csv")).rejects.toMatchObject({ code: "malformed" });
  });
});

describe("the type of a column", () => {
  it.each([
    [["1", "-2", ""], "integer"],
    [["1", "2.5", "NA"], "number"],
    [["1e3", "2"], "number"],
    [["007", "012"], "category"],
    [["1", "x"], "category"],
    [["true", "FALSE", "?"], "boolean"],
    [["0", "1"], "integer"],
    [["2024-01-01", "2024-01-02T03:04:05Z"], "datetime"],
    [["2024-01-01", "1"], "category"],
    [["", "NA"], "text"],
    [Array.from({ length: 100 }, (_, row) => `name ${row}`), "text"],
    [Array.from({ length: 100 }, (_, row) => `name ${row % 50}`), "category"],
  ])("of %j is %s", async (lines, type) => {
    expect(typesOf(await csv(column(lines)))[0]).toBe(type);
  });

  it("of a text in JSON is no number, even when it reads like one", async () => {
    const table = createNdjsonTable(chunked('{"a": "1", "b": 1, "c": true}\n{"a": "2", "b": 2.0, "c": null}\n'), LIMITS);
    expect(typesOf(await readTable(table, { types: {} }, LIMITS))).toEqual(["category", "integer", "boolean"]);
  });

  it("is the one that was asked for", async () => {
    const types = { zip: "category", flag: "boolean", size: "number", note: "text" } as const;
    const table = await csv("zip,flag,size,note\n1,yes,007,a\n2,0,1e2,b\n", types);
    expect(typesOf(table)).toEqual(["category", "boolean", "number", "text"]);
    expect(table.values.get("flag")).toEqual(new Int32Array([1, 0]));
    expect(table.values.get("size")).toEqual(new Float64Array([7, 100]));
    expect(textsOf(table.values.get("note") as TextValues)).toHaveLength(2);
  });

  it.each([
    ["number", "x", '"x" is not a finite number'],
    ["integer", "1.5", '"1.5" is not a whole number up to 2^53'],
    ["boolean", "maybe", '"maybe" is not true or false'],
    ["datetime", "2024-13-01", '"2024-13-01" is not an ISO 8601 date or date and time'],
  ] as const)(
    "that was asked for, %s, refuses the first value that does not fit, with its place",
    async (type, value, what) => {
      const text = `id,"a/b"\n1,\n\n2,${value}\n3,${value}\n`;
      await expect(csv(text, { "a/b": type })).rejects.toMatchObject({
        code: "invalid",
        errors: [{ pointer: "/types/a~1b", detail: `line 4, column 2 (a/b): ${what}` }],
      });
    },
  );

  it("of a column that is not there is refused", async () => {
    await expect(csv("a,b\n1,2\n", { c: "number", d: "text" })).rejects.toMatchObject({
      errors: [
        { pointer: "/types/c", detail: "the table has no such column" },
        { pointer: "/types/d", detail: "the table has no such column" },
      ],
    });
  });
});

describe("limits", () => {
  const few = { ...LIMITS, categories: 3 };

  it("make a column of too many categories text, unless it was to be a category", async () => {
    const text = column(["a", "b", "c", "d", "a"]);
    const [first] = columnsOf(await csv(text, {}, few));
    expect(first).toMatchObject({ type: "text", distinct: 4, categories: null, missing: 0 });
    expect(first?.top[0]).toEqual({ value: "a", count: 2 });
    await expect(csv(text, { x: "category" }, few)).rejects.toMatchObject({
      code: "invalid",
      errors: [
        {
          pointer: "/types/x",
          detail: "line 5, column 1 (x): the column has more categories than the limit of 3 (TRAINYARD_MAX_CATEGORIES)",
        },
      ],
    });
  });

  it("refuse values that take more memory than there is for them, before they are made", async () => {
    await expect(csv(column(["1", "2"]), {}, { ...LIMITS, memoryBytes: 31 })).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringMatching(/take 32 bytes, more than the limit of 31 \(TRAINYARD_MAX_DATASET_MEMORY_BYTES\)/),
    });
  });

  it("refuse a table without rows or columns", async () => {
    await expect(csv("a,b\n")).rejects.toThrow("the table has no rows");
    await expect(csv("")).rejects.toThrow("the table has no columns");
  });
});

describe("statistics", () => {
  it("of numbers are those of numpy", async () => {
    // np.quantile([1, 2, 2, 4, 10], [.05, .25, .5, .75, .95]) and np.std
    const [x] = columnsOf(await csv(column(["2", "10", "1", "", "4", "2"])));
    expect(x).toMatchObject({ missing: 1, distinct: 4, statistics: { min: 1, max: 10, mean: 3.8 } });
    expect(x?.statistics?.sd).toBeCloseTo(3.249615361854384, 12);
    expect(x?.statistics?.quantiles).toEqual({
      q05: expect.closeTo(1.2, 12),
      q25: 2,
      q50: 2,
      q75: 4,
      q95: expect.closeTo(8.8, 12),
    });
    expect(x?.statistics?.histogram.counts.reduce((a, b) => a + b)).toBe(5);
    expect(x?.statistics?.histogram.edges).toHaveLength(21);
    expect(x?.top).toEqual([
      { value: "2", count: 2 },
      { value: "1", count: 1 },
      { value: "4", count: 1 },
      { value: "10", count: 1 },
    ]);
  });

  it("of equal numbers have one bin, and of huge numbers are finite", async () => {
    const [same] = columnsOf(await csv(column(["7", "7"])));
    expect(same?.statistics).toMatchObject({ sd: 0, histogram: { edges: [7, 7], counts: [2] } });
    const [huge] = columnsOf(await csv(column(["-1.7e308", "1.7e308"])));
    expect(huge?.statistics).toMatchObject({ mean: 0, sd: 1.7e308 });
  });

  it("of times are milliseconds, and their most frequent values ISO 8601", async () => {
    const [x] = columnsOf(await csv(column(["2024-01-01", "2024-01-01", "2024-01-02"])));
    expect(x?.statistics?.min).toBe(Date.UTC(2024, 0, 1));
    expect(x?.top[0]).toEqual({ value: "2024-01-01T00:00:00.000Z", count: 2 });
  });
});
