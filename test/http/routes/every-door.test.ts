import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EncodedColumn, Preprocessing } from "../../../src/domain/datasets/preprocessing.ts";
import { type GrpcServer, startGrpcServer } from "../../../src/http/grpc/grpc-server.ts";
import { connectGrpc, type GrpcClient } from "../grpc/grpc-client.ts";
import { storeUnit } from "../models-at-hand.ts";
import { openStagedApp, post, type StagedApp } from "../staged-app.ts";

type Value = string | number | boolean | null;

const numeric = { kind: "numeric", integer: false, fill: 0.5, indicator: true, scaling: { offset: 1, scale: 7 } } as const;
const datetime = {
  ...{ kind: "datetime" as const, fill: 1e12, indicator: true },
  parts: [{ part: "timestamp" as const, scaling: { offset: 1.5e12, scale: 1e12 } }],
};
const category = { kind: "category", fill: null, encode: "one_hot", dimension: null } as const;

/** Of a list of choices. */
const VOCABULARY = {
  analyzer: "word" as const,
  ...{ terms: ["chat", "email", "phone"], idf: [1, 2, 1.5] },
};

const two = (part: number) => String(part).padStart(2, "0");
const day = fc.record({
  year: fc.integer({ min: 1990, max: 2040 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
});

/** A column of each kind and way of writing, and its values as JSON has them. */
const KINDS: readonly (readonly [EncodedColumn, fc.Arbitrary<Value>])[] = [
  [{ ...numeric, column: "number" }, fc.double({ min: -1e6, max: 1e6, noNaN: true })],
  [{ ...numeric, integer: true, column: "integer" }, fc.integer({ min: -1_000_000, max: 1_000_000 })],
  [
    { ...numeric, column: "price", reading: { decimal: ",", thousands: ".", unit: "€", missing: ["n/k"] } },
    fc.oneof(
      fc.integer({ min: 0, max: 999 }).map((value) => `${value},5`),
      fc.integer({ min: 1, max: 99 }).map((value) => `${value}.250,75 €`),
      fc.constantFrom("N/K", "-", "#N/A", "n.a."),
    ),
  ],
  [
    { ...datetime, column: "time" },
    fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map((at) => at.toISOString()),
  ],
  [
    { ...datetime, column: "german", reading: { date_format: "dmy" } },
    day.map((d) => `${two(d.day)}.${two(d.month)}.${d.year}`),
  ],
  [{ ...datetime, column: "american", reading: { date_format: "mdy" } }, day.map((d) => `${d.month}/${d.day}/${d.year} 0:00`)],
  [
    { ...numeric, column: "degrees", reading: { unit: "°C", missing: ["-999.9", "broken"] } },
    fc.oneof(
      fc.integer({ min: -40, max: 40 }).map((value) => `${value}.5 °C`),
      fc.constantFrom<Value>("<0.5", ">30 °C", -999.9, "-999.90", "-999.9 °C", "BROKEN", Math.fround(-999.9), 20.25),
    ),
  ],
  [
    { ...numeric, column: "duration", reading: { unit: "h:mm:ss" } },
    fc.constantFrom<Value>("8:30", "1:02:03", "9:15 pm", 30_600, "n.a."),
  ],
  [
    {
      ...category,
      column: "answer",
      boolean: false,
      categories: ["Maybe", "No", "Yes"],
      reading: { case: "ignored", missing: ["k.A."] },
    },
    fc.constantFrom("YES", "yes", "No", "nO", "maybe", "K.A.", "never"),
  ],
  [
    { kind: "text", column: "channels", sublinear_tf: false, vocabularies: [VOCABULARY], reading: { missing: ["keine"] } },
    fc.constantFrom("Email;Phone", "Phone", "email ; chat", "Keine", "Fax", "Chat, Phone"),
  ],
  [
    { ...category, column: "flag", boolean: true, categories: ["false", "true"] },
    fc.constantFrom<Value>(true, false, "TRUE", "False", "yes", "no", 1, 0, "1", "0", "T"),
  ],
  [
    { ...category, column: "label", boolean: false, categories: ["b c", "d,e", 'say "f"', "Ünlü", "-g"] },
    fc.constantFrom("b c", "d,e", 'say "f"', "Ünlü", "-g", "Atlantis", "#N/A"),
  ],
  [
    { ...category, column: "zip", boolean: false, categories: ["01234", "10001"] },
    fc.constantFrom<Value>("01234", 10001, "10001", 1234, "1234"),
  ],
  [
    { ...category, column: "id", boolean: false, categories: ["9007199254740992", "9007199254740993"] },
    fc.constantFrom("9007199254740992", "9007199254740993"),
  ],
];
const NAMES = KINDS.map(([{ column }]) => column);
const PREPROCESSING: Preprocessing = {
  columns: KINDS.map(([column]) => column),
  targets: [{ column: "y", scaling: null }],
  ignored: [],
};

let staged: StagedApp;
let grpc: GrpcServer;
let client: GrpcClient;
beforeAll(async () => {
  staged = await openStagedApp();
  await storeUnit(staged.services.store, "kinds", PREPROCESSING, { weightOf: (index) => Math.sin(index + 1) / 2, bias: -0.5 });
  const { computePool: threads } = staged.services;
  grpc = await startGrpcServer(staged.app, { threads, host: "127.0.0.1", port: 0, connections: 100, idleMs: 60_000 });
  client = connectGrpc(grpc.address);
});
afterAll(async () => {
  client.close();
  await grpc.close();
  await staged.close();
});

const send = (path: string, type: string, payload: string | object) => post(staged, path, type, payload);

const JSON_TYPE = "application/json";
const probabilities = (body: string): number[] =>
  (JSON.parse(body) as { predictions: { probabilities: { yes: number } }[] }).predictions.map((each) => each.probabilities.yes);
const quoted = (value: Value) => (typeof value === "string" ? `"${value.replaceAll('"', '""')}"` : String(value ?? ""));
const bytesOf = (rows: readonly Value[][]) =>
  NAMES.map((name, column) => ({
    ...{ name, shape: [rows.length], datatype: "BYTES" },
    data: rows.map((row) => (row[column] === null ? null : String(row[column]))),
  }));

/** The probabilities of "yes" of some rows, by each way that there is into the model. */
const DOORS: Readonly<Record<string, (rows: readonly Value[][]) => Promise<number[]>>> = {
  "JSON, arrays": async (rows) => probabilities(await send("/v1/models/kinds/predict", JSON_TYPE, { instances: rows })),
  "JSON, objects": async (rows) =>
    probabilities(await send("/v1/models/kinds/predict", JSON_TYPE, { instances: rows.map(objectOf) })),
  NDJSON: async (rows) => {
    const lines = rows.map((row) => `${JSON.stringify(objectOf(row))}\n`).join("");
    const answer = await send("/v1/models/kinds/predict", "application/x-ndjson", lines);
    return answer
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).probabilities.yes);
  },
  CSV: async (rows) => {
    const text = [NAMES, ...rows].map((row) => `${row.map(quoted).join()}\n`).join("");
    const answer = await send("/v1/models/kinds/predict", "text/csv", text);
    return answer
      .trim()
      .split("\r\n")
      .slice(1)
      .map((line) => Number(line.split(",").at(-1)));
  },
  "TensorFlow Serving, rows": async (rows) =>
    JSON.parse(await send("/v1/models/kinds:predict", JSON_TYPE, { instances: rows.map(objectOf) })).predictions.map(
      (each: { probabilities: number[] }) => each.probabilities[1],
    ),
  "TensorFlow Serving, columns": async (rows) => {
    const inputs = Object.fromEntries(NAMES.map((name, column) => [name, rows.map((row) => row[column])]));
    const { outputs } = JSON.parse(await send("/v1/models/kinds:predict", JSON_TYPE, { inputs }));
    return outputs.probabilities.map((each: number[]) => each[1]);
  },
  "Open Inference, BYTES": async (rows) => {
    const { outputs } = JSON.parse(await send("/v2/models/kinds/infer", JSON_TYPE, { inputs: bytesOf(rows) }));
    const { data } = outputs.find(({ name }: { name: string }) => name === "probabilities");
    return data.filter((_: number, index: number) => index % 2 === 1);
  },
  "Open Inference, BYTES over gRPC": async (rows) => inferOverGrpc(textsOf(rows)),
};
/** As text tensors have it, in which nothing is null: an empty text is missing. */
const textsOf = (rows: readonly Value[][]) =>
  bytesOf(rows).map(({ data, ...tensor }) => ({
    ...tensor,
    contents: { bytes_contents: data.map((text) => Buffer.from(text ?? "")) },
  }));
const inferOverGrpc = async (inputs: readonly object[]): Promise<number[]> => {
  const asked = { model_name: "kinds", inputs, outputs: [{ name: "probabilities" }] };
  const { raw_output_contents: raw } = await client.call("ModelInfer", asked);
  const [{ buffer, byteOffset, length }] = raw as [Buffer];
  const view = new DataView(buffer, byteOffset, length);
  return Array.from({ length: length / 16 }, (_, row) => view.getFloat64(16 * row + 8, true));
};
const objectOf = (row: readonly Value[]) => Object.fromEntries(NAMES.map((name, column) => [name, row[column] ?? null]));

describe("rows of every kind of column", () => {
  it("have the same bits by every way into the model", async () => {
    const row = fc.tuple(...KINDS.map(([, value]) => fc.option(value, { freq: 9 })));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
        const expected = await (DOORS["JSON, arrays"] as (rows: readonly Value[][]) => Promise<number[]>)(rows);
        for (const [door, predict] of Object.entries(DOORS)) expect([door, await predict(rows)]).toEqual([door, expected]);
      }),
      { numRuns: 25 },
    );
  });

  it("have the same bits where numbers are tensors of float32, words for a missing value among them", async () => {
    const degrees = [-999.9, 20.25, -999.9, 0.5];
    const rows = degrees.map((value) => KINDS.map(([{ column }]) => (column === "degrees" ? value : null)));
    const missing = rows.map((row) => row.map((value) => (value === -999.9 ? null : value)));
    const expected = await (DOORS["JSON, arrays"] as (rows: readonly Value[][]) => Promise<number[]>)(missing);
    const shape = [rows.length];
    const others = (inputs: readonly { readonly name: string }[]) => inputs.filter(({ name }) => name !== "degrees");
    const fp32 = { name: "degrees", datatype: "FP32", shape };
    expect(await inferOverGrpc([...others(textsOf(rows)), { ...fp32, contents: { fp32_contents: degrees } }])).toEqual(
      expected,
    );
    const data = degrees.map(Math.fround);
    const inputs = [...others(bytesOf(rows)), { ...fp32, data }];
    const { outputs } = JSON.parse(await send("/v2/models/kinds/infer", JSON_TYPE, { inputs }));
    const probability = outputs.find(({ name }: { name: string }) => name === "probabilities").data;
    expect(probability.filter((_: number, index: number) => index % 2 === 1)).toEqual(expected);
  });
});
