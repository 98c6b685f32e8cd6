/** What holds for jobs holds for sweeps: the dry run, idempotency, streams that go on from a cursor without a gap, quotas, priorities. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../../src/client/error.ts";
import type { JobSpec, SweepSpec } from "../../../src/client/index.ts";
import { type ReceivedFrame, range, readEventStream, readSocket } from "../../http/streaming/readers.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer();
});
afterAll(async () => {
  await server.giveBack();
});

const JOB: JobSpec = {
  data: { generator: { type: "moons", samples: 60, noise: 0.1, seed: 7 } },
  split: { validation: 0.25 },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
  epochs: 20,
};
const SWEEP: SweepSpec = {
  job: JOB,
  parameters: { "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" } },
  method: { type: "tpe", startup_trials: 8, generation: 4 },
  trials: 20,
  promote: "none",
};
const LONG = 100_000_000;

/** The ways to submit a kind, with what takes hours to train. */
const KINDS = [
  {
    kind: "jobs",
    submit: (key?: string) => server.client.submit({ ...JOB, epochs: LONG }, key === undefined ? {} : { idempotencyKey: key }),
    validate: () => server.client.validate(JOB),
    cancel: (id: string) => server.client.cancel(id),
  },
  {
    kind: "sweeps",
    submit: (key?: string) =>
      server.client.submitSweep({ ...SWEEP, job: { ...JOB, epochs: LONG } }, key === undefined ? {} : { idempotencyKey: key }),
    validate: () => server.client.validateSweep(SWEEP),
    cancel: (id: string) => server.client.cancelSweep(id),
  },
] as const;

describe.each(KINDS)("$kind", ({ kind, submit, validate, cancel }) => {
  const count = async () => {
    const page = await fetch(`${server.url}/v1/${kind}?limit=100`);
    return ((await page.json()) as { data: unknown[] }).data.length;
  };

  it("are stored once for one key", async () => {
    const before = await count();
    const [one, again, other] = [await submit(`${kind}-one`), await submit(`${kind}-one`), await submit(`${kind}-two`)];
    await cancel(one.id);
    await cancel(other.id);
    expect([again.id, await count()]).toEqual([one.id, before + 2]);
  });

  it("store nothing in a dry run", async () => {
    const before = await count();
    expect(await validate()).toMatchObject({ valid: true });
    expect(await count()).toBe(before);
  });
});

describe("the stream of a sweep", () => {
  /** Pages of events by their cursor, until one has what ends the sweep. */
  async function pagesAfter(id: string, after: number, isLast: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame[]> {
    const frames: ReceivedFrame[] = [];
    for (let cursor = after; ; ) {
      const response = await fetch(`${server.url}/v1/sweeps/${id}/events?after=${cursor}&limit=3`);
      const page = (await response.json()) as { data: ReceivedFrame[]; next_after: number };
      frames.push(...page.data);
      cursor = page.next_after;
      if (page.data.some(isLast)) return frames;
      if (page.data.length === 0) await delay(5);
    }
  }
  const isOver = ({ state }: ReceivedFrame) => state === "succeeded";

  it("goes on without a gap where a reader comes back midway, over REST, SSE and WebSocket", async () => {
    const { id } = await server.client.submitSweep({ ...SWEEP, job: { ...JOB, epochs: 4000 }, trials: 60 });
    const whole = readSocket(server.url, id);
    // Each reader leaves after some frames, and its successors come back while the sweep runs: twice.
    const [socket, events] = [readSocket(server.url, id), readEventStream(server.url, id, { enough: ({ seq }) => seq === 4 })];
    const [left] = await Promise.all([socket.until(({ seq }) => seq === 5), events]);
    socket.socket.close();
    await socket.closed;
    const first = socket.frames.filter(({ seq }) => seq <= left.seq);
    const again = readSocket(server.url, id, left.seq);
    const midway = await again.until(({ seq }) => seq === left.seq + 4);
    again.socket.close();
    await again.closed;
    expect((await server.client.sweep(id)).state).toBe("running");
    const last = readSocket(server.url, id, midway.seq);
    const { frames: early } = await events;
    const lateEvents = readEventStream(server.url, id, { lastEventId: early.at(-1)?.seq ?? 0 });
    const latePages = pagesAfter(id, left.seq, isOver);
    await Promise.all([whole.closed, last.closed]);

    const all = whole.frames;
    expect(all.at(-1)).toMatchObject({ type: "end", state: "succeeded", seq: all.length - 1 });
    expect(all.map(({ seq }) => seq).slice(0, -1)).toEqual(range(1, all.length - 1));
    const second = again.frames.filter(({ seq }) => seq <= midway.seq);
    expect([...first, ...second, ...last.frames]).toEqual(all);
    expect([...early, ...(await lateEvents).frames]).toEqual(all);
    expect([...first, ...(await latePages)]).toEqual(all.slice(0, -1));
  });

  it("goes on from any cursor once the sweep is over", async () => {
    const { id } = await server.client.submitSweep(SWEEP);
    await server.client.waitForSweep(id);
    const { frames: all } = await readEventStream(server.url, id);
    for (const after of range(0, all.length - 2)) {
      const socket = readSocket(server.url, id, after);
      await socket.closed;
      expect(socket.frames).toEqual(all.slice(after));
      expect((await readEventStream(server.url, id, { lastEventId: after })).frames).toEqual(all.slice(after));
      expect(await pagesAfter(id, after, isOver)).toEqual(all.slice(after, -1));
    }
    // An EventSource that has seen all of it stops here.
    expect(await readEventStream(server.url, id, { lastEventId: all.length - 1 })).toEqual({ status: 204, frames: [] });
  });
});

describe("the quotas of a project", () => {
  const ENDLESS: SweepSpec = { ...SWEEP, method: { type: "random" }, job: { ...JOB, epochs: LONG } };

  async function withServer(settings: Record<string, string>, use: (own: LiveServer) => Promise<void>): Promise<void> {
    const folder = await createDataDir();
    const own = await startLiveServer(folder.path, { TRAINYARD_LOG_LEVEL: "debug", ...settings });
    try {
      await use(own);
    } finally {
      await own.stop();
      await folder.remove();
    }
  }
  const statusOf = (request: Promise<unknown>) =>
    request.then(
      () => 202,
      (error: unknown) => (error instanceof ApiError ? error.problem : error),
    );

  // Paused ones are open too; a dry run, and the same key again, need no room.
  it.each([1, 2])("bound how many chunks of its sweeps are trained at a time, to %i, and how many are open", async (most) => {
    const settings = {
      TRAINYARD_WORKERS: "2",
      TRAINYARD_PROJECT_RUNNING_JOBS: String(most),
      TRAINYARD_PROJECT_QUEUED_JOBS: "2",
    };
    await withServer(settings, async ({ client, logged }) => {
      const { id } = await client.submitSweep(ENDLESS);
      // Chunks of an endless sweep are never given back: each one that is leased is being trained.
      const trained = () =>
        logged.filter(({ msg, sweep_id, trials }) => msg === "chunk leased" && sweep_id === id && Number(trials) > 0);
      await expect.poll(() => trained().length, { timeout: 50_000 }).toBe(most);
      await delay(500);
      expect(trained()).toHaveLength(most);
      await client.cancelSweep(id);

      const first = await client.submitSweep(ENDLESS, { idempotencyKey: "first" });
      await client.pauseSweep((await client.submitSweep(ENDLESS)).id);
      const refused = await statusOf(client.submitSweep(ENDLESS));
      expect(refused).toMatchObject({ status: 429, code: "rate_limited" });
      expect(refused).toMatchObject({ detail: expect.stringContaining("cancel some") });
      expect(await client.validateSweep(ENDLESS)).toMatchObject({ valid: true });
      expect((await client.submitSweep(ENDLESS, { idempotencyKey: "first" })).id).toBe(first.id);
      await client.cancelSweep(first.id);
      expect(await statusOf(client.submitSweep(ENDLESS))).toBe(202);
    });
  });
});

describe("the priority of a sweep", () => {
  it("takes the next chunks from one that waits", async () => {
    const slow: SweepSpec = { ...SWEEP, method: { type: "random" }, job: { ...JOB, epochs: 20_000 }, trials: 60 };
    const { client } = server;
    const { id: first } = await client.submitSweep(slow);
    await expect.poll(async () => (await client.sweep(first)).progress.done, { timeout: 50_000 }).toBeGreaterThan(0);
    const { id: urgent } = await client.submitSweep({ ...SWEEP, job: { ...JOB, priority: 5 } });
    expect((await client.waitForSweep(urgent)).state).toBe("succeeded");
    const { state, progress } = await client.sweep(first);
    expect(state).toBe("running");
    expect(progress.done).toBeLessThan(60);
    await client.cancelSweep(first);
  });
});
