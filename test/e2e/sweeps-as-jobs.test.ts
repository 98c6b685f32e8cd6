/** What holds for jobs holds for sweeps: the dry run, idempotency, and streams that go on from a cursor without a gap. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, SweepSpec } from "../../src/client/index.ts";
import { createDataDir, type LiveServer, startLiveServer } from "./live-server.ts";

const dataDir = await createDataDir();
let server: LiveServer;
beforeAll(async () => {
  server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
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
  it("goes on from any cursor without a gap, over SSE as over REST", async () => {
    const { id } = await server.client.submitSweep(SWEEP);
    await server.client.waitForSweep(id);
    const url = `${server.url}/v1/sweeps/${id}/events`;
    const { data } = (await (await fetch(`${url}?limit=1000`)).json()) as { data: { seq: number }[] };
    const seqs = data.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    for (const after of [0, 1, Math.floor(seqs.length / 2), seqs.length - 1]) {
      const stream = await fetch(url, { headers: { accept: "text/event-stream", "last-event-id": String(after) } });
      const text = await stream.text();
      const ids = [...text.matchAll(/^id: ?(\d+)$/gm)].map(([, seq]) => Number(seq));
      expect([...new Set(ids)]).toEqual(seqs.slice(after));
    }
  });
});
