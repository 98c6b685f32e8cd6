/** The server as a process: how it starts, refuses to start, drains, and goes on after that. */
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec } from "../../../src/client/answers.ts";
import { epochsOf, range, readEventStream, readSocket } from "../../http/streaming/readers.ts";
import { createDataDir, type LiveServer, runNode, runServer, startLiveServer } from "../live-server.ts";

const QUICKSTART = fileURLToPath(new URL("../../../examples/quickstart.ts", import.meta.url));

const dataDir = await createDataDir();
/** The one that runs at the moment: a test that stops it starts the next. */
let server: LiveServer;
const start = async (): Promise<void> => {
  server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
};
beforeAll(start);
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

const SPEC: JobSpec = {
  name: "interrupted",
  data: { generator: { type: "moons", samples: 200 } },
  model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
  batch_size: 50,
  epochs: 12_000,
};

describe("starting", () => {
  it("logs one JSON line with the address when it is ready", async () => {
    const ready = server.logged.filter(({ msg }) => msg === "ready");
    expect(ready).toEqual([expect.objectContaining({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) })]);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  it("ends with one line when a setting is wrong", async () => {
    const { code, stdout, stderr } = await runServer({ TRAINYARD_PORT: "eighty" });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^trainyard: TRAINYARD_PORT=eighty: [^\n]+\n$/);
  });

  it("ends with one line when its port is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as { port: number };
    const own = await createDataDir();
    const { code, stderr } = await runServer({ TRAINYARD_DATA_DIR: own.path, TRAINYARD_PORT: String(port) });
    holder.close();
    await own.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^trainyard: port ${port} of 127\\.0\\.0\\.1 is taken[^\\n]+\\n$`));
  });

  it("ends with one line when another server uses its data directory", async () => {
    const { code, stderr } = await runServer({ TRAINYARD_DATA_DIR: dataDir.path });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^trainyard: [^\n]+\n$/);
  });
});

describe("stopping", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("by %s ends streams with their end frame, and exits with 0", async (signal) => {
    const { id } = await server.client.submit({ ...SPEC, epochs: 100_000_000 });
    const socket = readSocket(server.url, id);
    const events = readEventStream(server.url, id);
    await socket.until(({ type }) => type === "metrics");
    server.process.kill(signal);
    expect((await socket.closed).code).toBe(1001);
    expect(socket.frames.at(-1)).toMatchObject({ type: "end", reason: "draining" });
    expect((await events).frames.at(-1)).toMatchObject({ type: "end", reason: "draining" });
    expect(await server.ended).toBe(0);

    await start();
    await server.client.cancel(id);
    expect((await server.client.wait(id)).state).toBe("cancelled");
  });

  it("loses nothing: the job goes on after the restart, to the same weights, each epoch seen once", async () => {
    const whole = await server.client.wait((await server.client.submit(SPEC)).id);
    const { id } = await server.client.submit(SPEC);
    const before = readSocket(server.url, id);
    await before.until(({ type }) => type === "metrics");
    expect(await server.stop()).toBe(0);
    await before.closed;

    await start();
    const after = readSocket(server.url, id, before.frames.at(-1)?.seq ?? 0);
    await after.closed;
    const job = await server.client.job(id);
    expect(job).toMatchObject({ state: "succeeded", attempt: 2 });
    expect(job.transitions.map(({ state }) => state)).toEqual(["queued", "running", "queued", "running", "succeeded"]);
    expect(epochsOf([...before.frames, ...after.frames])).toEqual(range(1, SPEC.epochs ?? 0));
    expect(job.model?.sha256).toBe(whole.model?.sha256);
  });
});

describe("the quickstart", () => {
  it("takes the next port when its own is taken, trains the three models, passes its own marks, and ends", async () => {
    const own = await createDataDir();
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as { port: number };
    const settings = { TRAINYARD_DATA_DIR: own.path, TRAINYARD_PORT: String(port) };
    const { code, stdout } = await runNode([QUICKSTART, "--exit"], settings);
    holder.close();
    expect(stdout).toContain(`port ${port} is taken, using `);
    expect(stdout).toMatch(/y = [23]\.\d+ x \+ \d\.\d+/);
    expect(stdout.match(/✓/g)).toHaveLength(3);
    expect(stdout).not.toContain("\u001b");
    expect(code).toBe(0);
    await own.remove();
  });
});
