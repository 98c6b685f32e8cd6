import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import type { EncodedColumn, Preprocessing } from "../../../src/domain/datasets/preprocessing.ts";
import type { Note } from "../../../src/domain/notes.ts";
import { storeUnit } from "../models-at-hand.ts";
import { openStagedApp, post, type StagedApp } from "../staged-app.ts";

const numeric = { kind: "numeric", integer: false, fill: 0.5, indicator: true, scaling: null } as const;
const COLUMNS: EncodedColumn[] = [
  { ...numeric, column: "price", reading: { decimal: ",", thousands: ".", unit: "€", missing: ["n/k"] } },
  {
    kind: "datetime",
    column: "sold",
    fill: 1e12,
    indicator: true,
    parts: [{ part: "timestamp", scaling: { offset: 1.5e12, scale: 1e12 } }],
    reading: { date_format: "dmy" },
  },
];
const PREPROCESSING: Preprocessing = { columns: COLUMNS, targets: [{ column: "y", scaling: null }], ignored: [] };

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
  await storeUnit(staged.services.store, "written", PREPROCESSING, { weightOf: (index) => 2 ** index / 1024, bias: -1 });
});
afterAll(() => staged.close());

const send = (path: string, type: string, payload: string | object) => post(staged, path, type, payload);

/** The probability of "yes" of one row, by every way that there is into the model. */
async function everyDoor(price: unknown, sold: unknown): Promise<number[]> {
  const json = JSON.parse(await send("/v1/models/written/predict", "application/json", { instances: [{ price, sold }] }));
  const line = JSON.parse(await send("/v1/models/written/predict", "application/x-ndjson", JSON.stringify({ price, sold })));
  const csv = await send("/v1/models/written/predict", "text/csv", `sep=;\n# rows\nprice;sold\n${price};${sold}\n`);
  const tf = JSON.parse(await send("/v1/models/written:predict", "application/json", { instances: [{ price, sold }] }));
  const bytes = (name: string, value: unknown) => ({ name, shape: [1], datatype: "BYTES", data: [String(value)] });
  const v2 = JSON.parse(
    await send("/v2/models/written/infer", "application/json", { inputs: [bytes("price", price), bytes("sold", sold)] }),
  );
  return [
    json.predictions[0].probabilities.yes,
    line.probabilities.yes,
    Number(csv.trim().split(";").at(-1)),
    tf.predictions[0].probabilities[1],
    v2.outputs.find(({ name }: { name: string }) => name === "probabilities").data[1],
  ];
}

describe("a row with texts that are written as those of the data set", () => {
  it.each([
    ["a number", ["1.234,5", "1234,5", "1.234,50 €", "€1234,5"].map((price) => [price, "08.01.2020"])],
    ["a date", ["08.01.2020", "8/1/2020", "8 Jan 2020", "2020-01-08", "08.01.2020 00:00"].map((sold) => ["0,5", sold])],
    ["a missing number", ["n/k", "N/K", "-", "#N/A", "NA", ""].map((price) => [price, "08.01.2020"])],
    ["a missing date", ["-", "n.a.", ""].map((sold) => ["1,5", sold])],
  ])("is the same by every way in: %s", async (_, rows) => {
    const answers = (await Promise.all(rows.map(([price, sold]) => everyDoor(price, sold)))).flat();
    expect(new Set(answers)).toEqual(new Set([answers[0]]));
  });

  it("keeps numbers of JSON as they are", async () => {
    const [written] = await everyDoor("1.234,5", "08.01.2020");
    const instances = [{ price: 1234.5, sold: Date.UTC(2020, 0, 8) }];
    const json = JSON.parse(await send("/v1/models/written/predict", "application/json", { instances }));
    expect(json.predictions[0].probabilities.yes).toBe(written);
  });
});

const upload = async (payload: string | Buffer, query = "", type = "text/csv") => {
  const headers = { "content-type": type };
  return staged.app.inject({ method: "POST", url: `/v1/datasets?name=x${query}`, payload, headers });
};
const columnsOf = (body: { columns: Column[] }) => body.columns.map(({ name, type, missing }) => `${name} ${type} ${missing}`);

describe("an upload whose reading is given", () => {
  it("is read so, says so, and is another data set", async () => {
    const text = "a;b;when\n1.234;NA;05/01/2024\n2.345;-999;06/01/2024\n3.456;x;07/01/2024\n";
    const found = (await upload(text)).json();
    expect(columnsOf(found)).toEqual(["a number 0", "b category 1", "when datetime 0"]);
    expect(found.reading.missing.from).toBe("default");
    const response = await upload(text, "&decimal=,&missing=-999&date_format=dmy");
    expect(response.statusCode).toBe(201);
    const given = response.json();
    expect(columnsOf(given)).toEqual(["a integer 0", "b category 1", "when datetime 0"]);
    expect(given.columns[0].reading).toEqual({ decimal: ",", thousands: ".", missing: ["-999"] });
    expect(given.columns[1]).toMatchObject({ categories: ["NA", "x"], reading: { missing: ["-999"] } });
    expect(given.columns[2].reading.date_format).toBe("dmy");
    expect(given.reading.missing).toEqual({ value: ["-999"], from: "given" });
    expect(given.id).not.toBe(found.id);
    expect((await staged.app.inject(`/v1/datasets/${given.id}`)).json()).toEqual(given);
  });

  it.each([
    ["latin1", "latin1"],
    ["utf-16", "utf16le"],
  ] as const)("may be text in %s", async (encoding, own) => {
    const text = `${encoding === "utf-16" ? "\ufeff" : ""}city,n\nKöln,1\nZürich,2\n`;
    const response = await upload(Buffer.from(text, own), `&encoding=${encoding}`);
    expect(response.json().columns[0].categories).toEqual(["Köln", "Zürich"]);
    // It is clear without the option too, which a note says where the file does not.
    const plain = (await upload(Buffer.from(text, own))).json();
    expect(plain.columns[0].categories).toEqual(["Köln", "Zürich"]);
    expect(plain.reading.encoding).toEqual({ value: encoding, from: "found" });
    expect(plain.notes.map(({ code }: { code: string }) => code)).toEqual(encoding === "latin1" ? ["encoding_guessed"] : []);
  });

  it("is refused in an encoding that is not clear, which can be named", async () => {
    // город,n and Тверь,1 in windows-1251.
    const text = Buffer.from("e3eef0eee42c6e0ad2e2e5f0fc2c310a", "hex");
    const plain = await upload(text);
    expect([plain.statusCode, plain.json().detail]).toEqual([400, expect.stringContaining("encoding=latin1")]);
    const named = (await upload(text, "&encoding=windows-1251")).json();
    expect([named.columns[0].name, named.columns[0].categories]).toEqual(["город", ["Тверь"]]);
  });

  it.each([
    ["&decimal=x", "/decimal", /must be \. or ,/],
    ["&thousands=,", "/thousands", /none, comma, point, space or apostrophe/],
    ["&date_format=dd/mm", "/date_format", /./],
    [`&date_format=${encodeURIComponent('{"nobody":"dmy"}')}`, "/date_format/nobody", /no such column/],
    ["&date_format={", "/date_format", /must be JSON/],
    ["&missing=[", "/missing", /must be JSON/],
    ["&encoding=ebcdic", "/encoding", /./],
    ["&format=parquet&encoding=latin1", "/encoding", /Parquet/],
  ])("is refused where it is none: %s", async (query, pointer, detail) => {
    const response = await upload("a\n1\n", query);
    expect([response.statusCode, response.json().errors?.[0]]).toEqual([
      422,
      { pointer: expect.stringContaining(pointer.replace("/", "")), detail: expect.stringMatching(detail) },
    ]);
  });

  it.each([
    ['{"columns":["a"],"index":[0],"data":[[1]]}', "application/json"],
    ['{"a":{"0":1,"1":2}}', "application/json"],
    ["[[1,2],[3,4]]", "application/json"],
  ])("in another orient of pandas is refused with the way out: %s", async (text, type) => {
    const response = await upload(text, "", type);
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(response.json().detail).toContain('orient="records"');
  });
});

describe("a file of the field", () => {
  const read = (name: string) => readFile(new URL(`../../fixtures/cases/${name}`, import.meta.url));
  const notesOf = (body: { notes: Note[] }) => body.notes.map(({ code, line }) => `${code} ${line}`);

  it.each([
    ["03-one-bad-cell.csv", "", "x integer 0, v number 1, y number 0", ["cells_read_as_missing 79"]],
    ["13-decimal-comma.csv", "", "a number 0, b number 0, y number 0", []],
    ["24-bad-target-cell.csv", "", "x integer 0, y number 1", ["cells_read_as_missing 9"]],
    ["file-10-excel-errors.csv", "", "a integer 0, b number 12", ["cells_read_as_missing 5"]],
    ["file-11-excel-sep-line.csv", "", "Name category 0, Umsatz number 0, x integer 0", ["lines_skipped 1"]],
    ["file-14-comment.csv", "", "a integer 0, b number 0", ["lines_skipped 1"]],
    ["file-12-us-dates.csv", "", "Name category 0, Amount number 0, Date datetime 0, Time integer 0, Flag boolean 0", []],
  ])("is read as its owner means it: %s", async (name, query, columns, notes) => {
    const response = await upload(await read(name), query);
    expect(response.statusCode).toBe(201);
    expect(columnsOf(response.json()).join(", ")).toBe(columns);
    expect(notesOf(response.json())).toEqual(notes);
  });

  it("may have milliseconds since 1970 as times", async () => {
    const types = `&types=${encodeURIComponent('{"d":"datetime"}')}`;
    const { columns } = (await upload(await read("19-epoch.ndjson"), types, "application/x-ndjson")).json();
    expect(columns[0]).toMatchObject({ type: "datetime", missing: 0, reading: { date_format: "epoch_ms" } });
    expect(columns[0].statistics.min).toBe(1_709_596_800_000);
  });

  it("has an index that is no feature, and infinities that are missing", async () => {
    const body = (await upload(await read("file-07-r-rownames.csv"))).json();
    expect(body.columns[0]).toMatchObject({ name: "column_1", role: "index" });
    expect(notesOf(body)).toEqual(["index_column null", "cells_read_as_missing 2"]);
  });

  it("with a name twice renames the later one, and says so", async () => {
    const body = (await upload(await read("04-dup-header.csv"))).json();
    expect(body.columns.map(({ name }: { name: string }) => name)).toContain("a_2");
    expect(notesOf(body)).toContain("names_repeated null");
  });
});
