import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Preprocessing } from "../../../src/domain/datasets/preprocessing.ts";
import { storeUnit } from "../models-at-hand.ts";
import { openStagedApp, post, type StagedApp } from "../staged-app.ts";

/** A column of each kind whose values can be written in several ways. */
const PREPROCESSING: Preprocessing = {
  columns: [
    {
      kind: "category",
      column: "flag",
      boolean: true,
      categories: ["false", "true"],
      fill: null,
      encode: "one_hot",
      dimension: null,
    },
    {
      kind: "category",
      column: "zip",
      boolean: false,
      categories: ["01234", "10001"],
      fill: null,
      encode: "one_hot",
      dimension: null,
    },
    { kind: "numeric", column: "num", integer: false, fill: 0.25, indicator: true, scaling: null },
  ],
  targets: [{ column: "y", scaling: null }],
  ignored: ["note", "id"],
};

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
  await storeUnit(staged.services.store, "doors", PREPROCESSING, { weightOf: (index) => 2 ** index / 16, bias: -4 });
});
afterAll(() => staged.close());

const send = (path: string, type: string, payload: string | object) => post(staged, path, type, payload);

/** The probability of "yes" of one row, by every way that there is into the model. */
async function everyDoor({ flag, zip, num }: Record<"flag" | "zip" | "num", unknown>): Promise<number[]> {
  const json = JSON.parse(await send("/v1/models/doors/predict", "application/json", { instances: [{ flag, zip, num }] }));
  const arrays = JSON.parse(await send("/v1/models/doors/predict", "application/json", { instances: [[flag, zip, num]] }));
  const line = JSON.parse(
    await send("/v1/models/doors/predict", "application/x-ndjson", `${JSON.stringify({ flag, zip, num })}\n`),
  );
  const text = (value: unknown) => (value === null ? "" : String(value));
  const csv = await send("/v1/models/doors/predict", "text/csv", `flag,zip,num\n${[flag, zip, num].map(text).join(",")}\n`);
  const header = await send(
    "/v1/models/doors/predict",
    "text/csv",
    ` NUM , Flag,zip\n${[num, flag, zip].map(text).join(",")}\n`,
  );
  const tf = JSON.parse(await send("/v1/models/doors:predict", "application/json", { instances: [{ flag, zip, num }] }));
  const bytes = (name: string, value: unknown) => ({
    name,
    shape: [1],
    datatype: "BYTES",
    data: [value === null ? null : String(value)],
  });
  const inputs = [bytes("flag", flag), bytes("zip", zip), bytes("num", num)];
  const v2 = JSON.parse(await send("/v2/models/doors/infer", "application/json", { inputs }));
  const lastCell = (body: string) => Number((body.trim().split("\r\n").at(-1) ?? "").split(",").at(-1));
  return [
    json.predictions[0].probabilities.yes,
    arrays.predictions[0].probabilities.yes,
    line.probabilities.yes,
    lastCell(csv),
    lastCell(header),
    tf.predictions[0].probabilities[1],
    v2.outputs.find(({ name }: { name: string }) => name === "probabilities").data[1],
  ];
}

describe("a row with other columns", () => {
  const row = { flag: true, zip: "10001", num: 1 };
  const status = async (path: string, type: string, body: string | object) => {
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const response = await staged.app.inject({ method: "POST", url: path, payload, headers: { "content-type": type } });
    return [response.statusCode, response.body] as const;
  };

  it("is answered where they are those of the data set, the target among them", async () => {
    const [expected] = await everyDoor(row);
    const more = { ...row, note: "free text", id: 7, y: "yes" };
    const json = JSON.parse(await send("/v1/models/doors/predict", "application/json", { instances: [more] }));
    const tf = JSON.parse(await send("/v1/models/doors:predict", "application/json", { instances: [more] }));
    const csv = await send("/v1/models/doors/predict", "text/csv", 'y,id,note,flag,zip,num\nyes,7,"a, b",TRUE,10001,1\n');
    const inputs = Object.entries(more).map(([name, value]) => ({
      name,
      shape: [1],
      datatype: "BYTES",
      data: [String(value)],
    }));
    const v2 = JSON.parse(await send("/v2/models/doors/infer", "application/json", { inputs }));
    expect(json.predictions[0].probabilities.yes).toBe(expected);
    expect(tf.predictions[0].probabilities[1]).toBe(expected);
    expect(Number(csv.trim().split(",").at(-1))).toBe(expected);
    expect(v2.outputs[2].data[1]).toBe(expected);
  });

  it("is refused where nobody knows them, by what was meant", async () => {
    const wrong = { ...row, Numb: 1 };
    for (const [path, type, body] of [
      ["/v1/models/doors/predict", "application/json", { instances: [wrong] }],
      ["/v1/models/doors/predict", "application/x-ndjson", JSON.stringify(wrong)],
      ["/v1/models/doors/predict", "text/csv", "flag,zip,Numb\nTRUE,10001,1\n"],
      ["/v1/models/doors:predict", "application/json", { instances: [wrong] }],
    ] as const)
      expect(await status(path, type, body)).toEqual([
        type === "application/json" && path.endsWith(":predict") ? 400 : 422,
        expect.stringContaining("did you mean num?"),
      ]);
  });

  it("may leave a column out, in CSV as in JSON: it is missing", async () => {
    const [expected] = await everyDoor({ ...row, num: null });
    for (const text of ["zip,flag\n10001,TRUE\n", "zip,flag,num\n10001,TRUE,\n"]) {
      const csv = await send("/v1/models/doors/predict", "text/csv", text);
      expect(Number(csv.trim().split(",").at(-1))).toBe(expected);
    }
    const { flag, zip } = row;
    const json = JSON.parse(await send("/v1/models/doors/predict", "application/json", { instances: [{ flag, zip }] }));
    expect(json.predictions[0].probabilities.yes).toBe(expected);
    expect(await status("/v1/models/doors/predict?header=true", "text/csv", "note,id\na,1\n")).toEqual([
      422,
      expect.stringContaining("line 1: the header has none of the model's columns: it takes flag, zip, num"),
    ]);
  });
});

describe("a row", () => {
  it.each([
    ["booleans", [true, "TRUE", "True", 1, "1", "yes", "t"].map((flag) => ({ flag, zip: "10001", num: 1 }))],
    ["booleans that are false", [false, "FALSE", 0, "0", "no", "f"].map((flag) => ({ flag, zip: "01234", num: 1 }))],
    ["labels that are numbers", [10_001, "10001", "10001.0", " 10001 "].map((zip) => ({ flag: true, zip, num: 1 }))],
    ["numbers", [0.5, "0.5", "5e-1", " 0.50 "].map((num) => ({ flag: true, zip: "10001", num }))],
    ["missing numbers", [null, "NA", "", "null"].map((num) => ({ flag: true, zip: "10001", num }))],
    ["labels that nobody knows", ["other", "0x2711", "99999"].map((zip) => ({ flag: true, zip, num: 1 }))],
  ])("is the same by every way in, however it is written: %s", async (_, rows) => {
    const answers = (await Promise.all(rows.map(everyDoor))).flat();
    expect(new Set(answers)).toEqual(new Set([answers[0]]));
  });

  it("differs where the values do", async () => {
    const rows = [
      { flag: true, zip: "10001", num: 1 },
      { flag: false, zip: "10001", num: 1 },
      { flag: true, zip: "01234", num: 1 },
      { flag: true, zip: "unknown", num: 1 },
      { flag: true, zip: "10001", num: null },
    ];
    const answers = (await Promise.all(rows.map(everyDoor))).map(([first]) => first);
    expect(new Set(answers).size).toBe(rows.length);
  });
});
