import { type ServiceError, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type GrpcServer, startGrpcServer } from "../../../src/http/grpc/grpc-server.ts";
import { PREDICT_BODY_BYTES } from "../../../src/http/routes/predict.ts";
import { keyFor } from "../auth/keyed-app.ts";
import { storeLine, storePenguins } from "../models-at-hand.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";
import { connectGrpc, type GrpcClient } from "./grpc-client.ts";

let staged: StagedApp;
let server: GrpcServer;
let client: GrpcClient;
beforeAll(async () => {
  staged = await openStagedApp();
  await storePenguins(staged.services.store);
  await storeLine(staged.services.store);
  await storeLine(staged.services.store);
  server = await startGrpcServer(staged.app, {
    threads: staged.services.computePool,
    host: "127.0.0.1",
    port: 0,
    connections: 100,
    idleMs: 60_000,
  });
  client = connectGrpc(server.address);
});
afterAll(async () => {
  client.close();
  await server.close();
  await staged.close();
});

const doubles = (bytes: unknown): number[] => {
  const { buffer, byteOffset, length } = bytes as Buffer;
  const view = new DataView(buffer, byteOffset, length);
  return Array.from({ length: length / 8 }, (_, index) => view.getFloat64(8 * index, true));
};
const bytesOf = (values: Float32Array | Float64Array | Int8Array) => Buffer.from(values.buffer);
/** The values of outputs, by name. */
const outputsOf = (answer: Readonly<Record<string, unknown>>) => {
  const raw = answer.raw_output_contents as readonly Buffer[];
  const outputs = answer.outputs as readonly { readonly name: string; readonly datatype: string }[];
  return Object.fromEntries(outputs.map(({ name, datatype }, index) => [name, { datatype, bytes: raw[index] }]));
};
const line = (input: object, more: object = {}) =>
  client.call("ModelInfer", { model_name: "line", inputs: [{ name: "x", shape: [2, 1], ...input }], ...more });

describe("the Open Inference Protocol over gRPC", () => {
  it("says what server and models there are", async () => {
    expect(await client.call("ServerLive", {})).toEqual({ live: true });
    expect(await client.call("ServerReady", {})).toEqual({ ready: true });
    expect(await client.call("ModelReady", { name: "line" })).toEqual({ ready: true });
    expect(await client.call("ModelReady", { name: "line", version: "7" })).toEqual({ ready: false });
    expect(await client.call("ServerMetadata", {})).toMatchObject({ name: "trainyard" });
    const http = (await staged.app.inject("/v2/models/penguins")).json();
    expect(await client.call("ModelMetadata", { name: "penguins" })).toEqual(http);
    const health = connectGrpc(server.address, "health");
    expect(await health.call("Check", {})).toEqual({ status: "SERVING" });
    health.close();
  });

  it("infers from every type of contents, and from bytes", async () => {
    const contents = {
      INT8: { int_contents: [-3, 5] },
      INT16: { int_contents: [-3, 5] },
      INT32: { int_contents: [-3, 5] },
      INT64: { int64_contents: [-3, 5] },
      FP32: { fp32_contents: [-3, 5] },
      FP64: { fp64_contents: [-3, 5] },
    };
    for (const [datatype, values] of Object.entries(contents)) {
      const answer = await line({ datatype, contents: values }, { id: "42" });
      expect(answer, datatype).toMatchObject({ model_name: "line", model_version: "2", id: "42" });
      expect(doubles(outputsOf(answer).value?.bytes), datatype).toEqual([-5, 11]);
    }
    for (const [datatype, values] of Object.entries({ UINT8: [250, 5], UINT16: [65_530, 5], UINT32: [4e9, 5] }))
      expect(doubles(outputsOf(await line({ datatype, contents: { uint_contents: values } })).value?.bytes), datatype).toEqual(
        values.map((value) => Math.fround(2 * value + 1)),
      );
    const unsigned = await line({ datatype: "UINT64", contents: { uint64_contents: [7, 5] } });
    expect(doubles(outputsOf(unsigned).value?.bytes)).toEqual([15, 11]);
    const raw = [bytesOf(Float64Array.of(-3, 5))];
    expect(doubles(outputsOf(await line({ datatype: "FP64" }, { raw_input_contents: raw })).value?.bytes)).toEqual([-5, 11]);
    const first = await line({ datatype: "FP64" }, { model_version: "1", raw_input_contents: raw });
    expect(first).toMatchObject({ model_version: "1" });
  });

  it("answers as the same request over HTTP, with its notes", async () => {
    const row = fc.record({
      island: fc.constantFrom("Dream", "Biscoe, north", "Atlantis"),
      mass: fc.double({ min: -1e30, max: 1e30, noNaN: true }),
      tagged: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 200 }), async (rows) => {
        const shape = [rows.length];
        const islands = rows.map(({ island }) => island);
        const masses = rows.map(({ mass }) => mass);
        const tagged = rows.map((each) => each.tagged);
        const answer = await client.call("ModelInfer", {
          model_name: "penguins",
          inputs: [
            {
              name: "island",
              datatype: "BYTES",
              shape,
              contents: { bytes_contents: islands.map((text) => Buffer.from(text)) },
            },
            { name: "mass", datatype: "FP64", shape, contents: { fp64_contents: masses } },
            { name: "tagged", datatype: "BOOL", shape, contents: { bool_contents: tagged } },
          ],
          outputs: [{ name: "probability" }],
        });
        const payload = {
          inputs: [
            { name: "island", datatype: "BYTES", shape, data: islands },
            { name: "mass", datatype: "FP64", shape, data: masses },
            { name: "tagged", datatype: "BOOL", shape, data: tagged },
          ],
          outputs: [{ name: "probability" }],
        };
        const http = (await staged.app.inject({ method: "POST", url: "/v2/models/penguins/infer", payload })).json();
        const { probability, ...others } = outputsOf(answer);
        expect(others).toEqual({});
        expect(doubles(probability?.bytes)).toEqual(http.outputs[0].data);
        const notes = (answer.parameters as Record<string, { string_param: string }>).notes?.string_param;
        expect(notes).toBe(http.parameters?.notes);
      }),
      { numRuns: 20 },
    );
  });

  it("says in no more bytes what is wrong than clients of every language take", async () => {
    const long = "größe ".repeat(2000);
    const input = { name: "x", datatype: "FP64", shape: [1], contents: { fp64_contents: [1] } };
    const faults: readonly [fault: object, code: number][] = [
      [{ model_name: "line", inputs: [input], outputs: [{ name: long }] }, status.INVALID_ARGUMENT],
      [{ model_name: long, inputs: [input] }, status.NOT_FOUND],
    ];
    for (const [fault, code] of faults) {
      const error = (await client.call("ModelInfer", fault).catch((thrown: unknown) => thrown)) as ServiceError;
      expect(error.code).toBe(code);
      expect(error.details).toMatch(/größe größe/);
      expect(encodeURI(error.details).length).toBeGreaterThan(4000);
      expect(encodeURI(error.details).length).toBeLessThan(4200);
    }
  });

  it("answers faults with gRPC's codes in the words of the routes", async () => {
    const faults: readonly [call: () => Promise<unknown>, code: number, words: string][] = [
      [() => client.call("ModelMetadata", { name: "nobody" }), status.NOT_FOUND, "unknown model: 'nobody'"],
      [() => client.call("ModelInfer", { model_name: "." }), status.NOT_FOUND, "unknown model: '.'"],
      [() => client.call("ModelMetadata", { name: "line", version: ".." }), status.NOT_FOUND, "'line' version .."],
      [
        () => line({ datatype: "INT8", contents: { int_contents: [1, 300] } }),
        status.INVALID_ARGUMENT,
        "value 1 is not of type INT8",
      ],
      [
        () => line({ datatype: "FP32", contents: { fp64_contents: [1, 3] } }),
        status.INVALID_ARGUMENT,
        "fp32_contents, not in fp64_contents",
      ],
      [
        () => line({ datatype: "FP16", contents: { fp32_contents: [1, 3] } }),
        status.INVALID_ARGUMENT,
        "send raw_input_contents",
      ],
      [() => line({ datatype: "FP32", contents: { fp32_contents: [1] } }), status.INVALID_ARGUMENT, "has 4 bytes"],
      [() => line({ datatype: "FP32" }, { raw_input_contents: [] }), status.INVALID_ARGUMENT, "has 0 bytes"],
      [() => line({ datatype: "FP31", contents: { fp32_contents: [1, 2] } }), status.INVALID_ARGUMENT, "datatype"],
      [
        () => line({ datatype: "FP32" }, { raw_input_contents: [Buffer.alloc(8), Buffer.alloc(8)] }),
        status.INVALID_ARGUMENT,
        "has 2 tensors, but inputs has 1",
      ],
      [
        () => line({ datatype: "FP32", contents: { fp32_contents: [1, 2] } }, { raw_input_contents: [Buffer.alloc(8)] }),
        status.INVALID_ARGUMENT,
        "left out beside raw_input_contents",
      ],
      [
        () => line({ datatype: "FP32", contents: { fp32_contents: [1, 2] } }, { outputs: [{ name: "y" }] }),
        status.INVALID_ARGUMENT,
        "'y'",
      ],
    ];
    for (const [call, code, words] of faults) {
      const error = await call().then(
        () => null,
        (failure: { code: number; details: string }) => failure,
      );
      expect(error?.details).toContain(words);
      expect(error?.code, words).toBe(code);
    }
  });

  it("refuses more than it reads, and goes on", async () => {
    const raw = [Buffer.alloc(PREDICT_BODY_BYTES)];
    const tooLarge = client.call("ModelInfer", {
      model_name: "line",
      inputs: [{ name: "x", datatype: "FP32", shape: [1024 ** 2, 1] }],
      raw_input_contents: raw,
    });
    await expect(tooLarge).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const manyTexts = client.call("ModelInfer", {
      model_name: "penguins",
      inputs: [
        {
          name: "island",
          datatype: "BYTES",
          shape: [60_000],
          contents: { bytes_contents: Array(60_000).fill(Buffer.from("D")) },
        },
      ],
    });
    await expect(manyTexts).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining(": send the values of BYTES tensors as raw_input_contents"),
    });
    const manyTensors = client.call("ModelInfer", { model_name: "line", inputs: Array(5000).fill({ name: "x" }) });
    await expect(manyTensors).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: "inputs has 5000 tensors, more than the limit of 4096",
    });
    const manyAxes = line({ datatype: "FP32", shape: Array(200_000).fill(1), contents: { fp32_contents: [1, 2] } });
    await expect(manyAxes).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("has more than 16 sizes"),
    });
    // As many rows as a request may have, in integers of one byte each.
    const rows = 100_000;
    const answer = await line({
      datatype: "INT8",
      shape: [rows, 1],
      contents: { int_contents: Array.from({ length: rows }, (_, row) => row % 100) },
    });
    expect(doubles(outputsOf(answer).value?.bytes)).toEqual(Array.from({ length: rows }, (_, row) => 2 * (row % 100) + 1));
  });
});

describe("a server with keys", () => {
  it("asks for one in the metadata, and logs the call as a request", async () => {
    const guarded = await openStagedApp({ environment: { TRAINYARD_ADMIN_KEY: `ty_${"a".repeat(40)}` } });
    await storeLine(guarded.services.store);
    const options = { threads: guarded.services.computePool, host: "127.0.0.1", port: 0, connections: 10, idleMs: 60_000 };
    const open = await startGrpcServer(guarded.app, options);
    const caller = connectGrpc(open.address);
    try {
      await expect(caller.call("ModelMetadata", { name: "line" })).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
      const metadata = { authorization: `Bearer ty_${"a".repeat(40)}` };
      expect(await caller.call("ModelMetadata", { name: "line" }, metadata)).toMatchObject({ name: "line" });
      const logged = guarded.logged.filter(({ msg }) => msg === "request");
      expect(logged.map(({ route, status: code }) => [route, code])).toEqual([
        ["/v2/models/:name", 401],
        ["/v2/models/:name", 200],
      ]);
      expect(await caller.call("ServerReady", {})).toEqual({ ready: true });
      guarded.lifecycle.drain();
      expect(await caller.call("ServerReady", {})).toEqual({ ready: false });
    } finally {
      caller.close();
      await open.close();
      await guarded.close();
    }
  });

  it("reads a long message in its project's turn, and none without a key", async () => {
    const admin = `ty_${"a".repeat(40)}`;
    const guarded = await openStagedApp({ environment: { TRAINYARD_ADMIN_KEY: admin } });
    await storeLine(guarded.services.store);
    const { computePool } = guarded.services;
    const read: string[] = [];
    const ofProject = (project: string) => ({
      ...computePool,
      readInferMessage: (message: Uint8Array<ArrayBuffer>) => {
        read.push(project);
        return computePool.readInferMessage(message);
      },
    });
    const threads = { ...ofProject("nobody"), ofProject };
    const open = await startGrpcServer(guarded.app, { threads, host: "127.0.0.1", port: 0, connections: 10, idleMs: 60_000 });
    const caller = connectGrpc(open.address);
    const inputs = [{ name: "x", datatype: "FP32", shape: [20_000, 1], contents: { fp32_contents: Array(20_000).fill(1) } }];
    const infer = (key?: string) =>
      caller.call("ModelInfer", { model_name: "line", inputs }, key === undefined ? {} : { authorization: `Bearer ${key}` });
    try {
      await expect(infer()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
      await expect(infer(`ty_${"b".repeat(40)}`)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
      expect(read).toEqual([]);
      expect(await infer(admin)).toMatchObject({ model_name: "line" });
      const other = await keyFor(guarded, "other", ["predict"], admin);
      await expect(infer(other)).rejects.toMatchObject({ code: status.NOT_FOUND });
      expect(read).toEqual(["default", "other"]);
      const codes = guarded.logged.filter(({ route }) => route === "/v2/models/:name/infer").map((each) => each.status);
      expect(codes).toEqual([401, 401, 200, 404]);
    } finally {
      caller.close();
      await open.close();
      await guarded.close();
    }
  });

  it("drops the work of a call that its client has cancelled", async () => {
    const guarded = await openStagedApp();
    await storeLine(guarded.services.store);
    const { computePool } = guarded.services;
    const [asked, dropped] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const until = (signal: AbortSignal) => {
      signal.addEventListener("abort", () => dropped.resolve(signal.reason.message));
      const wait = () => {
        asked.resolve();
        return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      };
      return { ...computePool, predict: { now: () => null, rows: wait, stream: wait } };
    };
    Object.assign(computePool, { until });
    const options = { threads: computePool, host: "127.0.0.1", port: 0, connections: 10, idleMs: 60_000 };
    const open = await startGrpcServer(guarded.app, options);
    const caller = connectGrpc(open.address);
    const leaving = new AbortController();
    // In a thread, as a long message is.
    const inputs = [{ name: "x", datatype: "FP32", shape: [20_000, 1], contents: { fp32_contents: Array(20_000).fill(1) } }];
    const answer = caller.call("ModelInfer", { model_name: "line", inputs }, {}, leaving.signal);
    await asked.promise;
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: status.CANCELLED });
    expect(await dropped.promise).toBe("the client left before its request was answered");
    caller.close();
    await open.close();
    await guarded.close();
    expect(guarded.logged.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });

  it("logs a call once that its client has cancelled", async () => {
    const guarded = await openStagedApp();
    await storeLine(guarded.services.store);
    const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { computePool } = guarded.services;
    const { predict } = computePool;
    const later =
      (method: (...given: never[]) => unknown) =>
      async (...given: never[]) => {
        asked.resolve();
        await left.promise;
        return method(...given);
      };
    Object.assign(computePool, { predict: { now: () => null, rows: later(predict.rows), stream: later(predict.stream) } });
    const open = await startGrpcServer(guarded.app, {
      threads: computePool,
      host: "127.0.0.1",
      port: 0,
      connections: 10,
      idleMs: 60_000,
    });
    const caller = connectGrpc(open.address);
    const inputs = [{ name: "x", datatype: "FP32", shape: [1, 1], contents: { fp32_contents: [1] } }];
    const leaving = new AbortController();
    const answer = caller.call("ModelInfer", { model_name: "line", inputs }, {}, leaving.signal);
    await asked.promise;
    leaving.abort();
    await expect(answer).rejects.toMatchObject({ code: status.CANCELLED });
    left.resolve();
    const requests = () => guarded.logged.filter(({ msg }) => msg === "request");
    await vi.waitFor(() => expect(requests()).not.toEqual([]));
    caller.close();
    await open.close();
    await guarded.close();
    expect(requests()).toMatchObject([{ route: "/v2/models/:name/infer" }]);
    expect(guarded.logged.filter(({ level }) => (level as number) >= 40)).toEqual([]);
  });
});
