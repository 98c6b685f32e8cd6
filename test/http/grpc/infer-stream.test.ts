import { once } from "node:events";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import zlib, { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type GrpcServer, startGrpcServer } from "../../../src/http/grpc/grpc-server.ts";
import { MAX_STREAMS } from "../../../src/http/grpc/infer-stream.ts";
import { keyFor } from "../auth/keyed-app.ts";
import { storeLine } from "../models-at-hand.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";
import { type Answer, connectGrpc, encodeInfer, type GrpcClient, type InferStream } from "./grpc-client.ts";

let staged: StagedApp;
let server: GrpcServer;
let client: GrpcClient;

async function open(options: Parameters<typeof openStagedApp>[0] = {}) {
  const app = await openStagedApp(options);
  await storeLine(app.services.store);
  const { computePool: threads } = app.services;
  const grpc = await startGrpcServer(app.app, { threads, host: "127.0.0.1", port: 0, connections: 100, idleMs: 60_000 });
  return { app, grpc, caller: connectGrpc(grpc.address) };
}

beforeAll(async () => {
  ({ app: staged, grpc: server, caller: client } = await open());
});
afterAll(async () => {
  client.close();
  await server.close();
  await staged.close();
});

const request = (id: string, values: readonly number[], model = "line") => ({
  model_name: model,
  id,
  inputs: [{ name: "x", datatype: "FP32", shape: [values.length, 1], contents: { fp32_contents: values } }],
});

interface Told {
  readonly id: string;
  readonly error: string;
  readonly bytes: number;
}

function told(answer: Answer): Told {
  const inferred = answer.infer_response as { readonly id: string; readonly raw_output_contents: readonly Buffer[] } | null;
  return {
    id: inferred?.id ?? "",
    error: String(answer.error_message),
    bytes: inferred?.raw_output_contents[0]?.length ?? 0,
  };
}

const STREAM_HEADERS = {
  ":method": "POST",
  ":path": "/inference.GRPCInferenceService/ModelStreamInfer",
  "content-type": "application/grpc",
  te: "trailers",
};

/** A message in its frame. */
function framed(message: object): Buffer {
  const bytes = encodeInfer(message);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([frame, bytes]);
}

/** Reads a stream to its end, with the status that ends it. */
async function readAll(stream: InferStream): Promise<{ answers: Told[]; code: number; details: string }> {
  const answers: Told[] = [];
  stream.on("data", (answer: Answer) => answers.push(told(answer)));
  return { ...(await ended(stream)), answers };
}

interface Ended {
  readonly code: number;
  readonly details: string;
}

/** Waits for the status that ends a stream, which may be an error. */
function ended(stream: InferStream): Promise<Ended> {
  stream.on("error", () => undefined);
  return new Promise((resolve) => stream.once("status", ({ code, details }: Ended) => resolve({ code, details })));
}

/** Holds each prediction of an app until it is released. */
function holdPredictions({ services: { computePool } }: StagedApp) {
  const released = Promise.withResolvers<void>();
  const { predict } = computePool;
  const held = { count: 0 };
  const later =
    (method: (...given: never[]) => unknown) =>
    async (...given: never[]) => {
      held.count++;
      await released.promise;
      return method(...given);
    };
  Object.assign(computePool, { predict: { now: () => null, rows: later(predict.rows), stream: later(predict.stream) } });
  return { held, release: released.resolve };
}

/** A message in the framing of gRPC, packed with gzip. */
function packed(message: object): Buffer {
  const bytes = gzipSync(encodeInfer(message));
  const head = Buffer.alloc(5);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

describe("a stream of inferences", () => {
  it("answers each message in their order, and goes on after one that fails", async () => {
    const stream = client.stream();
    const reading = readAll(stream);
    stream.write(request("a", [1, 2]));
    stream.write(request("b", [1], "nobody"));
    stream.write({ ...request("c", []), raw_input_contents: [Buffer.alloc(3), Buffer.alloc(3)] });
    // Long ones are read by a thread.
    stream.write(request("d", Array(20_000).fill(1)));
    stream.write(request("e", [5]));
    stream.end();
    const { answers, code } = await reading;
    expect(code).toBe(status.OK);
    expect(answers.map(({ id, bytes }) => [id, bytes])).toEqual([
      ["a", 16],
      ["b", 0],
      ["c", 0],
      ["d", 160_000],
      ["e", 8],
    ]);
    const errors = answers.map(({ error }) => error);
    expect(errors).toEqual(["", expect.stringContaining("nobody"), expect.stringContaining("raw_input_contents"), "", ""]);
  });

  it("answers many messages at once, all of them and in order", async () => {
    const stream = client.stream();
    const reading = readAll(stream);
    for (let each = 0; each < 500; each++) stream.write(request(String(each), [each]));
    stream.end();
    const { answers } = await reading;
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, each) => String(each)));
  });

  it("ends with RESOURCE_EXHAUSTED at a message that is too large", async () => {
    const stream = client.stream();
    const reading = readAll(stream);
    stream.write(request("a", Array(100_000).fill(1)));
    expect((await reading).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await client.call("ServerReady", {})).toEqual({ ready: true });
  });

  it("reads no more requests than it may hold while none is answered, and ends at its deadline", async () => {
    const { app, grpc, caller } = await open();
    const { held, release } = holdPredictions(app);
    const stream = caller.stream({}, 1500);
    const reading = readAll(stream);
    for (let each = 0; each < 50; each++) stream.write(request(String(each), [each]));
    expect(await reading).toMatchObject({ answers: [], code: status.DEADLINE_EXCEEDED });
    expect(held.count).toBe(8);
    release();
    caller.close();
    await grpc.close();
    await app.close();
    expect(app.logged.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });

  it("says that a model has been deleted meanwhile, and goes on", async () => {
    const { app, grpc, caller } = await open();
    const stream = caller.stream();
    const answers: Told[] = [];
    stream.on("data", (answer: Answer) => answers.push(told(answer)));
    stream.write(request("before", [1]));
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    const { id } = (await app.app.inject("/v1/models/line")).json();
    const deleted = await app.app.inject({ method: "DELETE", url: `/v1/models/${id}` });
    expect(deleted.statusCode).toBe(204);
    stream.write(request("after", [1]));
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    expect(answers).toEqual([
      { id: "before", error: "", bytes: 8 },
      { id: "after", error: expect.stringContaining("line"), bytes: 0 },
    ]);
    stream.end();
    await ended(stream);
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("answers what it has read when the server stops, and then says so", async () => {
    const { app, grpc, caller } = await open();
    const { held, release } = holdPredictions(app);
    const stream = caller.stream();
    const reading = readAll(stream);
    stream.write(request("a", [1]));
    stream.write(request("b", [1]));
    await vi.waitFor(() => expect(held.count).toBe(2));
    const closing = grpc.close();
    release();
    const { answers, code, details } = await reading;
    expect(answers.map(({ id }) => id)).toEqual(["a", "b"]);
    expect([code, details]).toEqual([status.UNAVAILABLE, "the server is stopping: send the request again"]);
    await closing;
    caller.close();
    await app.close();
  });

  it("ends at once when the server stops and nothing is asked, and drops what a client has cancelled", async () => {
    const { app, grpc, caller } = await open();
    const { held, release } = holdPredictions(app);
    const left = caller.stream();
    const leaving = readAll(left);
    left.write(request("a", [1]));
    await vi.waitFor(() => expect(held.count).toBe(1));
    left.cancel();
    expect((await leaving).code).toBe(status.CANCELLED);
    release();
    const silent = caller.stream();
    const reading = readAll(silent);
    silent.write(request("b", [1]));
    await once(silent, "data");
    await grpc.close();
    expect((await reading).code).toBe(status.UNAVAILABLE);
    caller.close();
    await app.close();
    expect(app.logged.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });

  it("ends where its metadata has no valid key", async () => {
    const { app, grpc, caller } = await open({ environment: { TRAINYARD_ADMIN_KEY: `ty_${"a".repeat(40)}` } });
    onTestFinished(async () => {
      caller.close();
      await grpc.close();
      await app.close();
    });
    const denied = caller.stream();
    const reading = readAll(denied);
    denied.write(request("a", [1]));
    expect(await reading).toMatchObject({ answers: [], code: status.UNAUTHENTICATED });
    const allowed = caller.stream({ authorization: `Bearer ty_${"a".repeat(40)}` });
    allowed.write(request("a", [1]));
    allowed.end();
    expect((await readAll(allowed)).answers).toEqual([{ id: "a", error: "", bytes: 8 }]);
  });

  it("lets a project have as many streams as are left free, and another one its own", async () => {
    const admin = `ty_${"a".repeat(40)}`;
    const { app, grpc, caller } = await open({ environment: { TRAINYARD_ADMIN_KEY: admin } });
    const greedy = { authorization: `Bearer ${await keyFor(app, "greedy", ["predict"], admin)}` };
    const modest = { authorization: `Bearer ${await keyFor(app, "modest", ["predict"], admin)}` };
    const begin = async (metadata: Record<string, string>) => {
      const stream = caller.stream(metadata);
      const over = ended(stream);
      stream.write(request("a", [1]));
      // Its project has no such model, and its message is answered.
      const refusal = await Promise.race([once(stream, "data").then(() => null), over]);
      return { stream, refusal };
    };
    const first = await begin(greedy);
    for (let count = 1; count < MAX_STREAMS / 2; count++) expect(await begin(greedy)).toMatchObject({ refusal: null });
    const { refusal } = await begin(greedy);
    expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(refusal?.details).toBe(
      "greedy has its share of the 100 streams of a server open (as many as are left free): end one, or send more requests over those that are open",
    );
    expect(await begin(modest)).toMatchObject({ refusal: null });
    first.stream.end();
    await ended(first.stream);
    expect(await begin(modest)).toMatchObject({ refusal: null });
    // Two of the other leave 49 free.
    expect((await begin(greedy)).refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("keeps no place of a stream that ended while it was let in", async () => {
    const { app, grpc, caller } = await open();
    const counted = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { principalOf } = app.app;
    app.app.principalOf = async (authorization) => {
      asked.resolve();
      await counted.promise;
      return principalOf(authorization);
    };
    const leaving = Array.from({ length: MAX_STREAMS / 2 }, () => caller.stream());
    const over = leaving.map(ended);
    for (const stream of leaving) stream.write(request("a", [1]));
    await asked.promise;
    for (const stream of leaving) stream.cancel();
    await Promise.all(over);
    const stream = caller.stream();
    stream.on("error", () => undefined);
    stream.write(request("b", [1]));
    counted.resolve();
    await once(stream, "data");
    // Each of them has asked by now whether it may begin.
    for (let count = 1; count < MAX_STREAMS / 2; count++) {
      const next = caller.stream();
      next.on("error", () => undefined);
      next.write(request("c", [1]));
      await once(next, "data");
    }
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("counts no stream any more, however badly it ended", async () => {
    const { app, grpc, caller } = await open();
    const plain = framed(request("a", [1]));
    const tooLong = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]);
    const noGzip = Buffer.concat([Buffer.from([1, 0, 0, 0, 8]), Buffer.from("no gzip!")]);
    const sessions = new Set<ClientHttp2Session>();
    const begin = async (headers: Record<string, string> = {}) => {
      const session = connect(`http://${grpc.address}`);
      sessions.add(session.on("error", () => undefined));
      const stream = session.request({ ...STREAM_HEADERS, ...headers });
      stream.on("error", () => undefined);
      stream.write(plain);
      await once(stream, "data");
      return { session, stream };
    };
    const endings: readonly ((begun: Awaited<ReturnType<typeof begin>>) => void)[] = [
      ({ stream }) => stream.write(tooLong),
      ({ stream }) => stream.write(noGzip),
      ({ stream }) => stream.write(Buffer.concat([plain, noGzip, plain, noGzip])),
      ({ stream }) => stream.end(plain.subarray(0, 7)),
      ({ stream }) => stream.end(Buffer.concat([plain, plain.subarray(0, 3)])),
      ({ stream }) => stream.close(constants.NGHTTP2_CANCEL),
      ({ stream }) => {
        stream.write(Buffer.concat(Array(50).fill(plain)));
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      },
      ({ stream, session }) => {
        stream.pause();
        stream.write(Buffer.concat(Array(2000).fill(plain)));
        session.destroy();
      },
      ({ session }) => session.socket.destroy(),
      ({ session }) => session.close(),
    ];
    for (const end of endings)
      for (const encoding of ["gzip", "deflate", "unknown"])
        end(await begin({ "grpc-encoding": encoding, "grpc-timeout": "500m" }));
    for (let round = 0; round < 25; round++) await begin({ "grpc-timeout": "10m" }).catch(() => undefined);
    // As many as a project may have, all at a time.
    const refusal = async () => {
      const stream = caller.stream();
      const over = ended(stream);
      stream.write(request("b", [1]));
      return await Promise.race([once(stream, "data").then(() => null), over]);
    };
    let taken = 0;
    await vi.waitFor(
      async () => {
        for (; taken < MAX_STREAMS / 2; taken++) expect(await refusal()).toBeNull();
      },
      { timeout: 10_000 },
    );
    expect(await refusal()).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    for (const session of sessions) session.destroy();
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("asks for room again where the store could not say whose stream it is", async () => {
    const { app, grpc, caller } = await open();
    const { principalOf } = app.app;
    const failing = vi.fn(principalOf).mockRejectedValueOnce(new Error("the database is away"));
    app.app.principalOf = failing;
    const stream = caller.stream();
    const reading = readAll(stream);
    stream.write(request("a", [1]));
    await once(stream, "data");
    stream.write(request("b", [1]));
    await once(stream, "data");
    stream.write(request("c", [1]));
    stream.end();
    expect((await reading).answers.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(failing).toHaveBeenCalledTimes(2);
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("ends a stream in which nothing is asked for as long as an idle connection is kept", async () => {
    const app = await openStagedApp();
    const { computePool: threads } = app.services;
    const grpc = await startGrpcServer(app.app, { threads, host: "127.0.0.1", port: 0, connections: 100, idleMs: 200 });
    const caller = connectGrpc(grpc.address);
    expect(await readAll(caller.stream())).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      details: expect.stringContaining("nothing was asked"),
    });
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("unpacks no more messages than it answers", async () => {
    const { app, grpc, caller } = await open();
    const { held, release } = holdPredictions(app);
    const unpacking = vi.spyOn(zlib, "createGunzip");
    const session = connect(`http://${grpc.address}`);
    const stream = session.request({ ...STREAM_HEADERS, "grpc-encoding": "gzip" });
    const message = packed(request("a", [1]));
    const count = 100;
    stream.end(Buffer.concat(Array(count).fill(message)));
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
    await vi.waitFor(() => expect(held.count).toBe(8));
    // A request to the server is answered after whatever else it had to do.
    await caller.call("ServerLive", {});
    // And one that waits.
    expect(unpacking).toHaveBeenCalledTimes(9);
    release();
    const [trailers] = await once(stream, "trailers");
    expect(trailers["grpc-status"]).toBe("0");
    expect(unpacking).toHaveBeenCalledTimes(count);
    unpacking.mockRestore();
    expect(bytes % count).toBe(0);
    session.close();
    caller.close();
    await grpc.close();
    await app.close();
  });

  it("counts no stream in which nothing was asked, such as those of clients without a key", async () => {
    const { app, grpc, caller } = await open({ environment: { TRAINYARD_ADMIN_KEY: `ty_${"a".repeat(40)}` } });
    const second = connectGrpc(grpc.address);
    const silent = Array.from({ length: MAX_STREAMS + 2 }, (_, each) => (each % 2 ? second : caller).stream());
    const over = silent.map(readAll);
    // The others are open when each connection has answered what was asked after them.
    for (const asking of silent.slice(0, 2)) asking.write(request("a", [1]));
    for (const refused of over.slice(0, 2)) expect(await refused).toMatchObject({ code: status.UNAUTHENTICATED });
    const stream = second.stream({ authorization: `Bearer ty_${"a".repeat(40)}` });
    stream.write(request("b", [1]));
    stream.end();
    expect((await readAll(stream)).answers).toEqual([{ id: "b", error: "", bytes: 8 }]);
    await grpc.close();
    expect((await Promise.all(over.slice(2))).every(({ code }) => code === status.UNAVAILABLE)).toBe(true);
    second.close();
    caller.close();
    await app.close();
  });

  it("ends when its key is revoked", async () => {
    const admin = `Bearer ty_${"a".repeat(40)}`;
    const { app, grpc, caller } = await open({ environment: { TRAINYARD_ADMIN_KEY: `ty_${"a".repeat(40)}` } });
    const headers = { authorization: admin };
    const payload = { name: "short", scopes: ["predict"] };
    const { id, key } = (await app.app.inject({ method: "POST", url: "/v1/keys", headers, payload })).json();
    const stream = caller.stream({ authorization: `Bearer ${key}` });
    const reading = readAll(stream);
    stream.write(request("a", [1]));
    await once(stream, "data");
    expect((await app.app.inject({ method: "DELETE", url: `/v1/keys/${id}`, headers })).statusCode).toBe(204);
    stream.write(request("b", [1]));
    const { answers, code } = await reading;
    expect([answers.map((answer) => answer.id), code]).toEqual([["a"], status.UNAUTHENTICATED]);
    caller.close();
    await grpc.close();
    await app.close();
  });
});
