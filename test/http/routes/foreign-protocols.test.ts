import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inferResponse, modelMetadata } from "../../../src/domain/models/open-inference.ts";
import { predictionsAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { PENGUINS, storeLine, storePenguins } from "../models-at-hand.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
  await storePenguins(staged.services.store);
  await storeLine(staged.services.store);
  await storeLine(staged.services.store);
});
afterAll(() => staged.close());

const post = async (path: string, body: object, type = "application/json") => {
  const response = await staged.app.inject({
    method: "POST",
    url: path,
    payload: JSON.stringify(body),
    headers: { "content-type": type },
  });
  return { status: response.statusCode, json: response.json() };
};
const get = async (path: string) => {
  const response = await staged.app.inject(path);
  return { status: response.statusCode, json: response.json() };
};
interface Classified {
  label: string;
  probability: number;
  probabilities: Record<string, number>;
}

const penguin = fc.record({
  island: fc.option(fc.constantFrom("Dream", "Biscoe, north", "Atlantis", "")),
  mass: fc.option(fc.double({ min: -1e30, max: 1e30, noNaN: true })),
  tagged: fc.option(fc.boolean()),
  seen: fc.option(fc.constantFrom("2024-06-01", "1999-12-31T23:59:59Z")),
});
const DATATYPES: Readonly<Record<string, string>> = { island: "BYTES", mass: "FP64", tagged: "BOOL", seen: "BYTES" };

describe("the same rows", () => {
  it("give the same numbers in all dialects, by columns and by rows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(penguin, { minLength: 1, maxLength: 300 }), fc.boolean(), async (rows, unitAxis) => {
        const ours = await post("/v1/models/penguins/predict", { instances: rows });
        const { notes, ...answered } = predictionsAnswer.parse(ours.json);
        const predictions = answered.predictions as Classified[];
        const expected = predictions.map(({ label, probability, probabilities }) => ({
          label,
          probability,
          probabilities: Object.values(probabilities),
        }));
        const axis = <T>(value: T) => (unitAxis ? [value] : value);
        const columns = PENGUINS.columns.map(({ column }) => column as keyof (typeof rows)[number]);
        const byColumn = Object.fromEntries(columns.map((name) => [name, rows.map((row) => axis(row[name]))]));

        expect((await post("/v1/models/penguins:predict", { instances: rows })).json).toEqual({ predictions: expected });
        expect((await post("/v1/models/penguins/versions/1:predict", { inputs: byColumn })).json).toEqual({
          outputs: {
            label: expected.map(({ label }) => label),
            probability: expected.map(({ probability }) => probability),
            probabilities: expected.map(({ probabilities }) => probabilities),
          },
        });
        const inputs = columns.map((name) => ({
          name,
          datatype: DATATYPES[name],
          shape: unitAxis ? [rows.length, 1] : [rows.length],
          data: rows.map((row) => axis(row[name])),
        }));
        const inferred = inferResponse.parse((await post("/v2/models/penguins/infer", { id: "x", inputs })).json);
        // Notes on odd rows are the same ones; `parameters` of the protocol are texts, numbers and truths.
        const { parameters, ...answer } = inferred;
        expect(JSON.parse((parameters?.notes as string | undefined) ?? "[]")).toEqual(notes ?? []);
        expect(answer).toEqual({
          model_name: "penguins",
          model_version: "1",
          id: "x",
          outputs: [
            { name: "label", datatype: "BYTES", shape: [rows.length], data: expected.map(({ label }) => label) },
            { name: "probability", datatype: "FP64", shape: [rows.length], data: expected.map((row) => row.probability) },
            {
              name: "probabilities",
              datatype: "FP64",
              shape: [rows.length, 3],
              data: expected.flatMap(({ probabilities }) => probabilities),
            },
          ],
        });
      }),
      { numRuns: 30 },
    );
  });

  it("of numbers without names too, flat or nested", async () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 50 }), async (values) => {
        const rows = values.map((value) => [value]);
        const { predictions } = predictionsAnswer.parse((await post("/v1/models/line/predict", { instances: rows })).json);
        const expected = predictions.map((prediction) => "value" in prediction && prediction.value);
        for (const body of [
          { instances: rows },
          { instances: values },
          { instances: values.map((features) => ({ features })) },
        ]) {
          expect((await post("/v1/models/line:predict", body)).json).toEqual({ predictions: expected });
        }
        for (const body of [{ inputs: rows }, { inputs: { features: rows } }, { inputs: values }]) {
          expect((await post("/v1/models/line:predict", body)).json).toEqual({ outputs: expected });
        }
        for (const [shape, data] of [
          [[values.length, 1], values],
          [[values.length, 1], rows],
          [[values.length], values],
        ]) {
          const inputs = [{ name: "input-0", shape, datatype: "FP32", data, parameters: { content_type: "np" } }];
          const { json } = await post("/v2/models/line/infer", { inputs, parameters: { a: 1 } });
          const output = { name: "value", datatype: "FP64", shape: [values.length, 1], data: expected };
          expect(json).toEqual({ model_name: "line", model_version: "2", outputs: [output] });
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("TensorFlow Serving", () => {
  it("takes any reference, and bodies of whatever content type, as curl sends them", async () => {
    await staged.services.store.models.setAlias("line", "production", 1);
    for (const path of ["line:predict", "line@1:predict", "line@production:predict", "line/versions/2:predict"]) {
      const answer = await post(`/v1/models/${path}`, { instances: [1, 2] }, "application/x-www-form-urlencoded");
      expect(answer).toEqual({ status: 200, json: { predictions: [3, 5] } });
    }
    const b64 = Buffer.from("Dream").toString("base64");
    const framed = await post("/v1/models/penguins:predict", { instances: [{ island: { b64 } }] });
    expect(framed.json).toEqual((await post("/v1/models/penguins:predict", { instances: [{ island: "Dream" }] })).json);
  });

  it("tells the status of a version", async () => {
    const ok = { error_code: "OK", error_message: "" };
    expect(await get("/v1/models/line/versions/2")).toEqual({
      status: 200,
      json: { model_version_status: [{ version: "2", state: "AVAILABLE", status: ok }] },
    });
    expect(await get("/v1/models/line/versions/9")).toEqual({ status: 404, json: { error: "there is no model line@9" } });
  });

  it("answers what is wrong with an error text", async () => {
    for (const [path, body, status, text] of [
      ["nobody:predict", { instances: [1] }, 404, "there is no model nobody"],
      ["line/versions/9:predict", { instances: [1] }, 404, "there is no model line@9"],
      ["line:predict", { instances: [1], inputs: [1] }, 400, "must have either instances or inputs"],
      ["line:predict", {}, 400, "must have either instances or inputs"],
      ["line:predict", { instances: [] }, 400, "/instances"],
      ["line:predict", { instances: [[1], [1, 2]] }, 400, "row 1: has 2 values; the model takes 1"],
      ["line:predict", { inputs: { x: [[1]] } }, 400, "must have features alone"],
      ["penguins:predict", { inputs: { island: ["Dream"], mass: [1, 2] } }, 400, "/inputs/mass: has 2 rows, and island 1"],
      ["penguins:predict", { inputs: { island: ["Dream"], mass: ["x"] } }, 400, "row 0, column mass: must be a finite number"],
      ["penguins:predict", { instances: [{ isle: "Dream" }] }, 400, "row 0, column isle: is not a column of this model"],
    ] as const) {
      const answer = await post(`/v1/models/${path}`, body);
      expect(answer).toEqual({ status, json: { error: expect.stringContaining(text) } });
    }
  });
});

describe("the Open Inference Protocol", () => {
  it("tells of the server and its health", async () => {
    expect((await get("/v2")).json).toEqual({ name: "trainyard", version: expect.any(String), extensions: [] });
    expect((await get("/v2/health/live")).json).toEqual({ live: true });
    expect((await get("/v2/health/ready")).json).toEqual({ live: true, ready: true });
  });

  it("tells what a model takes and gives", async () => {
    expect(modelMetadata.parse((await get("/v2/models/line")).json)).toEqual({
      name: "line",
      versions: ["2", "1"],
      platform: "trainyard",
      inputs: [{ name: "features", datatype: "FP32", shape: [-1, 1] }],
      outputs: [{ name: "value", datatype: "FP64", shape: [-1, 1] }],
    });
    expect((await get("/v2/models/penguins/versions/1")).json.inputs).toEqual(
      Object.entries(DATATYPES).map(([name, datatype]) => ({ name, datatype, shape: [-1] })),
    );
    expect((await get("/v2/models/line/versions/2/ready")).json).toEqual({ name: "line", ready: true });
    expect(await get("/v2/models/line/versions/3/ready")).toEqual({ status: 404, json: { error: "there is no model line@3" } });
    expect((await get("/v2/models/nobody")).status).toBe(404);
  });

  it("gives the outputs that are asked for", async () => {
    const inputs = [{ name: "island", datatype: "BYTES", shape: [1], data: ["Dream"] }];
    const { json } = await post("/v2/models/penguins/infer", { inputs, outputs: [{ name: "label" }] });
    expect(json.outputs).toEqual([{ name: "label", datatype: "BYTES", shape: [1], data: [expect.any(String)] }]);
    expect((await post("/v2/models/penguins/infer", { inputs, outputs: [{ name: "score" }] })).json.error).toContain(
      "score is not an output",
    );
  });

  it("answers what is wrong with an error text", async () => {
    const tensor = { name: "island", datatype: "BYTES", shape: [1], data: ["Dream"] };
    const features = { name: "features", datatype: "FP32", shape: [2, 1], data: [1, 2] };
    for (const [model, inputs, text] of [
      ["line", [{ ...features, data: [1] }], "has 1 values, and shape [2, 1] has 2"],
      ["line", [{ ...features, shape: [1, 2] }], "must be one tensor of shape [rows, 1]"],
      ["line", [{ ...features, data: [1, "2"] }], "value 1 is not of type FP32"],
      ["line", [{ ...features, datatype: "INT64", data: [1, 2.5] }], "value 1 is not of type INT64"],
      ["line", [{ ...features, datatype: "FLOAT" }], "/inputs/0/datatype"],
      ["line", [features, features], "must be one tensor"],
      ["line", [], "/inputs"],
      ["line", [{ ...features, data: [1, null] }], "row 1, column 0: must be a finite number"],
      ["penguins", [{ ...tensor, name: "isle" }], "isle is not an input of this model"],
      ["penguins", [tensor, tensor], "island is given twice"],
      ["penguins", [{ ...tensor, shape: [1, 1, 1] }], "must be [rows] or [rows, 1]"],
      ["penguins", [tensor, { name: "mass", datatype: "FP64", shape: [2], data: [1, 2] }], "has 2 rows, and island 1"],
    ] as const) {
      const answer = await post(`/v2/models/${model}/infer`, { inputs });
      expect(answer).toEqual({ status: 400, json: { error: expect.stringContaining(text) } });
    }
    const oversized = await post("/v2/models/line/infer", { inputs: [features], padding: "x".repeat(300_000) });
    expect(oversized).toEqual({ status: 413, json: { error: expect.stringContaining("262144 bytes") } });
  });
});
