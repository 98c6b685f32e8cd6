/** The client against the real server: through kills and restarts, with a reader that dawdles, and with files both ways. */
import { openAsBlob } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../src/cli/server-process.ts";
import { ApiError, BatchError, createClient, type Frame, type JobSpec, UnreachableError } from "../../../src/client/index.ts";
import { epochsOf, range } from "../../http/streaming/readers.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const IRIS = fileURLToPath(new URL("../../fixtures/datasets/iris.csv", import.meta.url));
const ABSENT = "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";

const SPEC: JobSpec = {
  name: "watched",
  data: { generator: { type: "moons", samples: 200 } },
  model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
  batch_size: 50,
  epochs: 12_000,
};

const dataDir = await createDataDir();
const settings = { TRAINYARD_PORT: String(await freePort("127.0.0.1", 23_000)), TRAINYARD_WORKERS: "1" };
const start = () => startLiveServer(dataDir.path, settings);
let server: LiveServer;
beforeAll(async () => {
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

describe("a watch", () => {
  it("goes on when the server is killed and started again, and sees every epoch once", async () => {
    const { id } = await server.client.submit(SPEC);
    const frames: Frame[] = [];
    let wasKilled = false;
    for await (const frame of server.client.watch(id)) {
      frames.push(frame);
      if (frame.type !== "metrics" || wasKilled) continue;
      wasKilled = true;
      server.process.kill("SIGKILL");
      await server.ended;
      server = await start();
    }
    expect(epochsOf(frames)).toEqual(range(1, SPEC.epochs ?? 0));
    expect(frames.filter(({ type }) => type === "end")).toEqual([expect.objectContaining({ state: "succeeded" })]);
    expect((await server.client.job(id)).attempt).toBe(2);
  });

  it("whose reader dawdles holds little, and misses nothing", async () => {
    const job = await server.client.submit({ ...SPEC, batch_size: null, epochs: 300_000 });
    const frames: Frame[] = [];
    for await (const frame of server.client.watch(job.id)) {
      frames.push(frame);
      // Takes the first frame, and no other until all are there to be sent.
      if (frames.length === 1) await server.client.wait(job.id);
    }
    expect(epochsOf(frames)).toEqual(range(1, 300_000));
    // One that waited, one that was closed because nobody took what it brought, and one that went on.
    const streams = () => server.logged.filter(({ job_id, last_seq }) => job_id === job.id && last_seq !== undefined);
    await expect.poll(() => streams().length).toBeGreaterThan(2);
  });

  it("ends with the server's problem when there is nothing to watch, and with its own when there is no server", async () => {
    await expect(server.client.watch(ABSENT).next()).rejects.toBeInstanceOf(ApiError);
    const nowhere = createClient("http://127.0.0.1:2");
    await expect(nowhere.watch(ABSENT, { retryMs: 0 }).next()).rejects.toBeInstanceOf(UnreachableError);
  });
});

describe("a job", () => {
  it("is paused at a checkpoint that predicts, goes on from it, and is cancelled", async () => {
    const { client } = server;
    const { id } = await client.submit({ ...SPEC, name: "paused", epochs: 100_000_000 });
    for await (const frame of client.watch(id)) if (frame.type === "metrics") break;
    await client.pause(id);
    for await (const frame of client.watch(id)) if (frame.type === "state" && frame.state === "paused") break;
    const [checkpoint] = (await client.checkpoints(id)).data;
    expect(checkpoint).toMatchObject({ reason: "pause" });
    expect(await client.predictCheckpoint(checkpoint?.id ?? "", [[0, 1]])).toMatchObject([{ label: expect.any(String) }]);
    expect((await client.resume(id)).state).toBe("queued");
    await client.cancel(id);
    expect((await client.wait(id)).state).toBe("cancelled");
  });

  it("has cards of its checkpoints, which say how far it was and how it is, until they are deleted", async () => {
    const { client } = server;
    const { id } = await client.submit({ ...SPEC, name: "half-way", epochs: 100_000_000 });
    for await (const frame of client.watch(id)) if (frame.type === "metrics") break;
    await client.pause(id);
    for await (const frame of client.watch(id)) if (frame.type === "state" && frame.state === "paused") break;
    const [checkpoint] = (await client.checkpoints(id)).data;
    const { id: ref = "", epoch = 0 } = checkpoint ?? {};
    const count = epoch.toLocaleString("en-US").replaceAll(",", " ");
    const card = await fetch(`${server.url}/v1/models/${ref}/card`);
    expect([card.status, card.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(card.headers.get("content-disposition")).toBe(`inline; filename="${ref}.html"`);
    const html = await card.text();
    const text = html.replaceAll(/<style>.*?<\/style>|<[^>]+>/gs, " ").replaceAll(/\s+/g, " ");
    expect(text).toContain(`half-way, checkpoint after epoch ${count}`);
    expect(text).toContain(`${count} of 100 000 000 when it was taken; its job is paused`);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    // What the card says of the server is what the server does.
    const again = await fetch(`${server.url}/v1/models/${ref}/reproduce`, { method: "POST" });
    expect([again.status, html.includes("/reproduce")]).toEqual([409, false]);
    expect(text).toContain("A checkpoint is not trained again by itself");
    expect(html).toContain(ref);
    await client.cancel(id);
    await client.wait(id);
    expect(await (await fetch(`${server.url}/v1/models/${ref}/card`)).text()).toContain("its job is cancelled");
    await client.removeCheckpoint(ref);
    expect((await fetch(`${server.url}/v1/models/${ref}/card`)).status).toBe(404);
  });

  it("submitted again under the same idempotency key is the same job", async () => {
    const { client } = server;
    const spec: JobSpec = { ...SPEC, name: "once", epochs: 1 };
    const first = await client.submit(spec, { idempotencyKey: "client-test-once" });
    expect((await client.submit(spec, { idempotencyKey: "client-test-once" })).id).toBe(first.id);
  });
});

describe("tables and models", () => {
  it("go from a file to predictions", async () => {
    const { client } = server;
    const dataset = await client.upload(await openAsBlob(IRIS), {
      name: "iris",
      format: "csv",
      types: { species: "category" },
    });
    expect(dataset.columns.map(({ type }) => type)).toEqual(["number", "number", "number", "number", "category"]);
    expect((await client.preview(dataset.id, { rows: 1 })).rows).toEqual([[5.1, 3.5, 1.4, 0.2, "setosa"]]);
    const { id } = await client.submit({
      name: "iris",
      data: { dataset: { id: dataset.id, target: "species" } },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "adam", lr: 0.1 },
      epochs: 50,
    });
    const { model } = await client.wait(id);
    expect(await client.predict("iris", [[5.1, 3.5, 1.4, 0.2]])).toMatchObject([{ label: "setosa" }]);
    expect((await client.evaluate(model?.id ?? "", dataset.id)).rows).toBe(150);
    expect((await client.onnx("iris@1")).byteLength).toBeGreaterThan(100);
    const copy = await client.importModel(await client.weights("iris"), { name: "iris" });
    expect(copy).toMatchObject({ name: "iris", version: 2, job: null });
    await client.setAlias("iris", "production", 1);
    expect((await client.model("iris@production")).id).toBe(model?.id);
    await client.removeDataset(dataset.id);
    expect((await client.datasets()).data).toEqual([]);
  });

  it("predict streams, which say why they broke off after all that came before", async () => {
    const rows = (lines: number, last: string) => `${"[5.1, 3.5, 1.4, 0.2]\n".repeat(lines)}${last}`;
    const ask = async (body: string) =>
      new Response(await server.client.predictBatch("iris", new Blob([body]).stream(), { type: "application/x-ndjson" }));
    expect((await (await ask(rows(3, ""))).text()).trim().split("\n")).toHaveLength(3);
    const failure = new BatchError(`line 20001: has 1 values; the model takes 4: ${COLUMNS}`);
    await expect((await ask(rows(20_000, "[1]\n"))).text()).rejects.toThrow(failure);
    // A reader that is slower than the server still learns why.
    let bytes = 0;
    const readSlowly = async () => {
      for await (const chunk of (await ask(rows(20_000, "[1]\n"))).body ?? []) {
        bytes += chunk.byteLength;
        await delay(5);
      }
    };
    await expect(readSlowly()).rejects.toThrow(failure);
    // Whole blocks of 8192 rows are answered.
    expect(bytes).toBeGreaterThan(16_384 * 100);
  });
});

const COLUMNS = "sepal_length, sepal_width, petal_length, petal_width";
