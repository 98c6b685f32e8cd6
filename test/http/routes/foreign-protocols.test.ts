import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInferenceStatistics, modelStatistics } from "../../../src/domain/protocols/inference-statistics.ts";
import { inferResponse, modelMetadata } from "../../../src/domain/protocols/open-inference.ts";
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

/** What is said where only the version is wrong. */
const VERSIONS = ": the newest version of line is 2, and GET /v1/models/line/versions lists them all";

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

  it("give the same answers where the body is so large that a thread answers it, faults and notes included", async () => {
    const tensor = { name: "x", datatype: "FP64" };
    const named = { name: "mass", datatype: "FP64", shape: [1], data: [1e30] };
    const binary = Buffer.from(Float64Array.of(1.5, Number.NaN).buffer);
    const inBytes = { inputs: [{ ...tensor, shape: [2, 1], parameters: { binary_data_size: 16 } }] };
    const requests: readonly (readonly [path: string, json: string, bytes?: Buffer])[] = [
      ["/v1/models/penguins:predict", '{"instances":[{"mass":NaN},{"mass":1e30}]}'],
      ["/v1/models/penguins:predict", '{"inputs":{"mass":[1e30],"island":["Atlantis"]}}'],
      ["/v1/models/line:predict", '{"instances":[[1],["x"]]}'],
      ["/v1/models/line:predict", '{"instances":[[1]],"other":1}'],
      ["/v1/models/line:predict", '{"instances":[[1]'],
      ["/v1/models/nobody:predict", '{"instances":[[1]]}'],
      ["/v2/models/line/infer", JSON.stringify({ id: "a", inputs: [{ ...tensor, shape: [2, 1], data: [1, 2] }] })],
      ["/v2/models/penguins/infer", JSON.stringify({ inputs: [named] })],
      ["/v2/models/line/infer", JSON.stringify({ inputs: [{ ...tensor, shape: [2, 1], data: [1, "x"] }] })],
      ["/v2/models/line/infer", JSON.stringify({ inputs: [{ ...tensor, shape: [3], data: [1, 2] }] })],
      ["/v2/models/nobody/infer", JSON.stringify({ inputs: [{ ...tensor, shape: [1, 1], data: [1] }] })],
      ["/v2/models/line/infer", JSON.stringify({ ...inBytes, parameters: { binary_data_output: true } }), binary],
    ];
    for (const [path, json, bytes = Buffer.alloc(0)] of requests) {
      const [small, large] = await Promise.all(
        ["", " ".repeat(40_000)].map(async (padding) => {
          const head = Buffer.from(padding + json);
          const headers = bytes.length > 0 ? { "inference-header-content-length": String(head.length) } : {};
          const payload = Buffer.concat([head, bytes]);
          const {
            statusCode,
            rawPayload,
            headers: own,
          } = await staged.app.inject({ method: "POST", url: path, payload, headers });
          const { "content-type": type, "trainyard-notes": notes, "inference-header-content-length": length } = own;
          return { statusCode, type, notes, length, text: rawPayload.toString("latin1") };
        }),
      );
      // A malformed text is wrong at another place.
      if (json.endsWith("]")) expect(large?.statusCode, json).toBe(small?.statusCode);
      else expect(large, path + json).toEqual(small);
    }
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
    expect(await get("/v1/models/line/versions/9")).toEqual({
      status: 404,
      json: { error: `there is no model line@9${VERSIONS}` },
    });
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
    const extensions = ["binary_tensor_data", "model_configuration", "statistics"];
    expect((await get("/v2")).json).toEqual({ name: "trainyard", version: expect.any(String), extensions });
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
    expect(await get("/v2/models/line/versions/3/ready")).toEqual({
      status: 404,
      json: { error: `Request for unknown model: 'line' version 3 is not found${VERSIONS}` },
    });
    expect(await get("/v2/models/nobody")).toEqual({
      status: 404,
      json: { error: "Request for unknown model: 'nobody' is not found: GET /v1/models lists them" },
    });
  });

  it("gives the outputs that are asked for", async () => {
    const inputs = [{ name: "island", datatype: "BYTES", shape: [1], data: ["Dream"] }];
    const { json } = await post("/v2/models/penguins/infer", { inputs, outputs: [{ name: "label" }] });
    expect(json.outputs).toEqual([{ name: "label", datatype: "BYTES", shape: [1], data: [expect.any(String)] }]);
    expect((await post("/v2/models/penguins/infer", { inputs, outputs: [{ name: "score" }] })).json.error).toContain(
      "unexpected inference output 'score' for model 'penguins', which has label, probability, probabilities",
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
      ["line", [{ ...features, datatype: "UINT8", data: [1, 300] }], "value 1 is not of type UINT8"],
      ["line", [{ ...features, datatype: "INT8", data: [-129, 1] }], "value 0 is not of type INT8"],
      ["line", [{ ...features, datatype: "FLOAT" }], "/inputs/0/datatype"],
      ["line", [{ ...features, data: undefined }], "no parameters.binary_data_size says that bytes follow"],
      ["line", [features, features], "must be one tensor"],
      ["line", [], "/inputs"],
      ["line", [{ ...features, data: [1, null] }], "row 1, column 0: must be a finite number"],
      [
        "penguins",
        [{ ...tensor, name: "isle" }],
        "unexpected inference input 'isle' for model 'penguins', which has island, mass, tagged, seen",
      ],
      [
        "penguins",
        [{ ...tensor, name: "is\nle" }],
        "unexpected inference input 'is\nle' for model 'penguins', which has island, mass, tagged, seen",
      ],
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

  it("lists the models that can be used, and tells their configuration", async () => {
    const index = await post("/v2/repository/index", {});
    expect(index).toEqual({
      status: 200,
      json: [
        { name: "line", version: "2", state: "READY", reason: "" },
        { name: "line", version: "1", state: "READY", reason: "" },
        { name: "penguins", version: "1", state: "READY", reason: "" },
      ],
    });
    expect((await get("/v2/models/penguins/config")).json).toEqual({
      name: "penguins",
      platform: "trainyard",
      backend: "trainyard",
      max_batch_size: 0,
      input: [
        { name: "island", data_type: "TYPE_STRING", dims: [-1] },
        { name: "mass", data_type: "TYPE_FP64", dims: [-1] },
        { name: "tagged", data_type: "TYPE_BOOL", dims: [-1] },
        { name: "seen", data_type: "TYPE_STRING", dims: [-1] },
      ],
      output: [
        { name: "label", data_type: "TYPE_STRING", dims: [-1] },
        { name: "probability", data_type: "TYPE_FP64", dims: [-1] },
        { name: "probabilities", data_type: "TYPE_FP64", dims: [-1, 3] },
      ],
    });
    expect((await get("/v2/models/line/versions/1/config")).json.input).toEqual([
      { name: "features", data_type: "TYPE_FP32", dims: [-1, 1] },
    ]);
  });

  it.each([
    ["GET", "/v2/", 404],
    ["GET", "/v2/models/nobody/stats", 404],
    ["DELETE", "/v2/models/line", 405],
    ["GET", "/v2/models/line/infer", 405],
    ["POST", "/v1/models/line:classify", 400],
    ["POST", "/v1/models/line/versions/2:regress", 400],
    ["POST", "/v1/models/line/versions/2:explain", 405],
  ] as const)("answers %s %s in the protocol's shape, with %d", async (method, url, status) => {
    const response = await staged.app.inject({ method, url });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual({ error: expect.any(String) });
  });
});

describe("statistics", () => {
  it("count rows, requests and failures of each version, by name, by version and of all", async () => {
    const asked = (path: string, rows: number) =>
      post(path, { inputs: [{ name: "features", datatype: "FP32", shape: [rows, 1], data: Array(rows).fill(1) }] });
    const stats = async (path: string) => modelStatistics.parse((await get(path)).json).model_stats;
    const before = await stats("/v2/models/line/versions/1/stats");
    await asked("/v2/models/line/versions/1/infer", 3);
    await asked("/v2/models/line/versions/1/infer", 3);
    await asked("/v2/models/line/versions/1/infer", 200);
    await post("/v2/models/line/versions/1/infer", {
      inputs: [{ name: "features", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
    });
    const [first] = await stats("/v2/models/line/versions/1/stats");
    const was = before[0];
    expect(first).toMatchObject({
      name: "line",
      version: "1",
      inference_count: (was?.inference_count ?? 0) + 206,
      execution_count: (was?.execution_count ?? 0) + 3,
    });
    expect(first?.last_inference).toBeGreaterThan(Date.UTC(2020, 0));
    const { success, fail, compute_input, compute_infer, compute_output, queue, cache_hit } = first!.inference_stats;
    expect(fail.count).toBe((was?.inference_stats.fail.count ?? 0) + 1);
    expect([queue, cache_hit]).toEqual(Array(2).fill({ count: 0, ns: 0 }));
    expect(Math.abs(success.ns - compute_input.ns - compute_infer.ns - compute_output.ns)).toBeLessThan(10 * success.count);
    expect(first?.batch_stats.map(({ batch_size: size }) => size)).toEqual(expect.arrayContaining([3, 200]));
    const named = await stats("/v2/models/line/stats");
    expect(named.map(({ version }) => version)).toEqual(["2", "1"]);
    expect((await stats("/v2/models/stats")).map(({ name, version }) => `${name} ${version}`)).toEqual([
      "line 2",
      "line 1",
      "penguins 1",
    ]);
    expect((await get("/v2/models/line/versions/7/stats")).json.error).toContain("Request for unknown model: 'line' version 7");
  });

  it("forget the model that was used longest ago, and count no more than a hundred batch sizes", () => {
    const statistics = createInferenceStatistics();
    const times = { input: 1, infer: 2, output: 3 };
    for (let rows = 1; rows <= 150; rows++) statistics.succeeded("mdl_0", rows, times, 5);
    const model = { id: "mdl_0", name: "m", version: 1 };
    const [known] = statistics.read([model]).model_stats;
    expect(known?.batch_stats).toHaveLength(100);
    expect(known?.batch_stats[0]).toEqual({
      batch_size: 1,
      compute_input: { count: 1, ns: 1e6 },
      compute_infer: { count: 1, ns: 2e6 },
      compute_output: { count: 1, ns: 3e6 },
    });
    expect(known).toMatchObject({
      execution_count: 150,
      last_inference: 5,
      inference_stats: { success: { count: 150, ns: 9e8 } },
    });
    for (let index = 1; index <= 1000; index++) statistics.failed(`mdl_${index}`, 1);
    expect(statistics.read([model]).model_stats[0]).toMatchObject({ execution_count: 0, batch_stats: [] });
  });
});

describe("tensors in bytes", () => {
  /** As tritonclient builds a request: JSON, then the tensors in order, and the length of the JSON in a header. */
  async function inferBytes(model: string, json: object, tensors: readonly Uint8Array[], header: object = {}) {
    const head = Buffer.from(JSON.stringify(json));
    const response = await staged.app.inject({
      method: "POST",
      url: `/v2/models/${model}/infer`,
      payload: Buffer.concat([head, ...tensors]),
      headers: { "inference-header-content-length": String(head.length), ...header },
    });
    const length = response.headers["inference-header-content-length"];
    const split = length === undefined ? response.rawPayload.length : Number(length);
    return {
      status: response.statusCode,
      type: String(response.headers["content-type"]),
      json: JSON.parse(response.rawPayload.subarray(0, split).toString()),
      bytes: response.rawPayload.subarray(split),
    };
  }
  const input = (name: string, datatype: string, shape: number[], bytes: Uint8Array) => ({
    name,
    datatype,
    shape,
    parameters: { binary_data_size: bytes.length },
  });
  const texts = (...values: string[]) =>
    Buffer.concat(
      values.flatMap((value) => {
        const text = Buffer.from(value);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        return [length, text];
      }),
    );

  it.each([
    ["INT8", new Uint8Array(Int8Array.of(-3, 5).buffer), [-3, 5]],
    ["INT16", new Uint8Array(Int16Array.of(-300, 5).buffer), [-300, 5]],
    ["INT32", new Uint8Array(Int32Array.of(-70_000, 5).buffer), [-70_000, 5]],
    ["INT64", new Uint8Array(BigInt64Array.of(-3n, 2n ** 40n).buffer), [-3, 2 ** 40]],
    ["UINT8", Uint8Array.of(3, 255), [3, 255]],
    ["UINT16", new Uint8Array(Uint16Array.of(3, 65_535).buffer), [3, 65_535]],
    ["UINT32", new Uint8Array(Uint32Array.of(3, 2 ** 32 - 1).buffer), [3, 2 ** 32 - 1]],
    ["UINT64", new Uint8Array(BigUint64Array.of(3n, 2n ** 40n).buffer), [3, 2 ** 40]],
    // 1.5 and -2 as numpy.float16 writes them; the same as bfloat16.
    ["FP16", Uint8Array.of(0x00, 0x3e, 0x00, 0xc0), [1.5, -2]],
    ["BF16", Uint8Array.of(0xc0, 0x3f, 0x00, 0xc0), [1.5, -2]],
    ["FP32", new Uint8Array(Float32Array.of(0.1, -2).buffer), [Math.fround(0.1), -2]],
    ["FP64", new Uint8Array(Float64Array.of(0.1, -2).buffer), [0.1, -2]],
  ])("of %s are the numbers that JSON would have", async (datatype, bytes, values) => {
    const { json } = await post("/v1/models/line/predict", { instances: values.map((value) => [value]) });
    const expected = (json.predictions as { value: number }[]).map(({ value }) => value);
    const answer = await inferBytes("line", { inputs: [input("features", datatype, [2, 1], bytes)] }, [bytes]);
    expect(answer.json.outputs).toEqual([{ name: "value", datatype: "FP64", shape: [2, 1], data: expected }]);
  });

  it("of every column give the predictions of JSON, and are answered in bytes where asked for", async () => {
    const rows = [
      { island: "Dream", mass: 3750, tagged: true, seen: "2024-06-01" },
      { island: "Biscoe, nörth", mass: null, tagged: false, seen: "1999-12-31T23:59:59Z" },
    ];
    const { json } = await post("/v1/models/penguins/predict", { instances: rows });
    const expected = json.predictions as Classified[];
    const tensors = [
      ["island", "BYTES", texts(...rows.map(({ island }) => island))],
      ["mass", "FP64", new Uint8Array(Float64Array.of(3750, Number.NaN).buffer)],
      ["tagged", "BOOL", Uint8Array.of(1, 0)],
      ["seen", "BYTES", texts(...rows.map(({ seen }) => seen))],
    ] as const;
    const request = {
      id: "b",
      parameters: { binary_data_output: true },
      inputs: tensors.map(([name, datatype, bytes]) => input(name, datatype, [2], bytes)),
      outputs: [{ name: "probabilities" }, { name: "label" }, { name: "probability", parameters: { binary_data: false } }],
    };
    const answer = await inferBytes(
      "penguins",
      request,
      tensors.map(([, , bytes]) => bytes),
    );
    expect(answer).toMatchObject({ status: 200, type: "application/octet-stream" });
    const labels = texts(...expected.map(({ label }) => label));
    expect(inferResponse.parse(answer.json).outputs).toEqual([
      { name: "probabilities", datatype: "FP64", shape: [2, 3], parameters: { binary_data_size: 48 } },
      { name: "label", datatype: "BYTES", shape: [2], parameters: { binary_data_size: labels.length } },
      { name: "probability", datatype: "FP64", shape: [2], data: expected.map(({ probability }) => probability) },
    ]);
    const numbers = Float64Array.from({ length: 6 }, (_, index) => answer.bytes.readDoubleLE(index * 8));
    expect([...numbers]).toEqual(expected.flatMap(({ probabilities }) => Object.values(probabilities)));
    expect(answer.bytes.subarray(48)).toEqual(labels);
  });

  it("keep texts byte for byte, as JSON does", async () => {
    const island = "\ufeffDream";
    const inBytes = texts(island);
    const asked = { outputs: [{ name: "probabilities" }] };
    const { json } = await inferBytes("penguins", { ...asked, inputs: [input("island", "BYTES", [1], inBytes)] }, [inBytes]);
    const inputs = [{ name: "island", datatype: "BYTES", shape: [1], data: [island] }];
    expect(json).toEqual((await post("/v2/models/penguins/infer", { ...asked, inputs })).json);
  });

  it("that do not fit are refused by name", async () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2).buffer);
    const of = (more: object, size = bytes.length) => ({
      inputs: [{ name: "features", datatype: "FP32", shape: [2, 1], parameters: { binary_data_size: size }, ...more }],
    });
    for (const [json, tensors, text] of [
      [of({ shape: [3, 1] }), [bytes], "has 8 bytes, and 3 values of FP32 have 12"],
      [of({}, 12), [bytes], "is 12, and 8 bytes are left behind the JSON"],
      [of({}), [bytes, bytes], "name 8 bytes, and 16 follow the JSON"],
      [of({ data: [1, 2] }), [bytes], "must be left out"],
      [of({ datatype: "BYTES" }), [Uint8Array.of(9, 0, 0, 0, 65, 66, 67, 68)], "ends within value 0"],
      [of({ datatype: "BYTES" }), [texts("ö", "a").fill(255, 4, 5)], "value 0 is not UTF-8"],
      [of({ shape: [2 ** 40, 1] }), [bytes], "has 8 bytes"],
      [of({}, -1), [bytes], "/inputs/0/parameters/binary_data_size"],
      [{ ...of({}), outputs: [{ name: "value" }, { name: "value" }] }, [bytes], "value is asked for twice"],
    ] as const) {
      const answer = await inferBytes("line", json, tensors);
      expect({ status: answer.status, error: answer.json.error }).toEqual({
        status: 400,
        error: expect.stringContaining(text),
      });
    }
    for (const length of ["x", "-1", "999999"]) {
      const answer = await inferBytes("line", of({}), [bytes], { "inference-header-content-length": length });
      expect(answer.json.error).toContain("Inference-Header-Content-Length must be the bytes of the JSON");
    }
  });
});

describe("what Python's json.dumps writes", () => {
  const send = async (url: string, payload: string) => {
    const response = await staged.app.inject({ method: "POST", url, payload, headers: { "content-type": "application/json" } });
    return { status: response.statusCode, json: response.json() };
  };

  it("is a missing value for NaN, in either protocol, and stays as it is in texts", async () => {
    const missing = await post("/v1/models/penguins:predict", { instances: [{ island: "NaN", mass: null }] });
    expect(missing.status).toBe(200);
    expect(await send("/v1/models/penguins:predict", '{"instances": [{"island": "NaN", "mass": NaN}]}')).toEqual(missing);
    const inputs = (mass: string) =>
      `{"inputs": [{"name": "mass", "datatype": "FP64", "shape": [1], "data": [${mass}]}], "outputs": [{"name": "label"}]}`;
    const inferred = await send("/v2/models/penguins/infer", inputs("NaN"));
    expect(inferred).toEqual(await send("/v2/models/penguins/infer", inputs("null")));
    expect(inferred.status).toBe(200);
  });

  it("is refused with the field for an infinity, and as JSON where it is none otherwise", async () => {
    expect(await send("/v1/models/line:predict", '{"instances": [[-Infinity]]}')).toEqual({
      status: 400,
      json: { error: expect.stringContaining("row 0, column 0: must be a finite number") },
    });
    const broken = await send("/v1/models/line:predict", '{"instances": [[NaN]');
    expect(broken).toEqual({ status: 400, json: { error: expect.stringContaining("the body is not JSON") } });
    expect((await send("/v1/models/line/predict", '{"instances": [[NaN]]}')).status).toBe(400);
    // Texts that never end are read once.
    expect((await send("/v2/models/line/infer", `"${'\\"'.repeat(130_000)}`)).status).toBe(400);
  });
});

describe("the metadata of TensorFlow Serving", () => {
  it("has the signature of a model", async () => {
    const info = (name: string, dtype: string, ...sizes: string[]) => ({
      name,
      dtype,
      tensor_shape: { dim: sizes.map((size) => ({ size, name: "" })), unknown_rank: false },
    });
    const metadata = {
      status: 200,
      json: {
        model_spec: { name: "line", signature_name: "", version: "2" },
        metadata: {
          signature_def: {
            signature_def: {
              serving_default: {
                inputs: { features: info("features", "DT_FLOAT", "-1", "1") },
                outputs: { value: info("value", "DT_DOUBLE", "-1", "1") },
                method_name: "tensorflow/serving/predict",
              },
            },
          },
        },
      },
    };
    expect(await get("/v1/models/line/metadata")).toEqual(metadata);
    expect(await get("/v1/models/line/versions/2/metadata")).toEqual(metadata);
    expect(await get("/v1/models/line/versions/7/metadata")).toEqual({
      status: 404,
      json: { error: `there is no model line@7${VERSIONS}` },
    });
  });
});
