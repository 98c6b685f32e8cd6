/** Pausing, resuming, checkpoints and stops on the real server: the weights are always those of a job that nobody touched. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../src/client/answers.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const dataDir = await createDataDir();
let server: LiveServer;
beforeAll(async () => {
  server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

const SPEC: JobSpec = {
  name: "durable",
  data: { generator: { type: "moons", samples: 300, noise: 0.1, seed: 7 } },
  split: { validation: 0.2 },
  model: { layers: [{ type: "linear", units: 16 }, { type: "tanh" }, { type: "dropout", p: 0.1 }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.01 },
  scheduler: { type: "cosine_annealing_lr", t_max: 1000 },
  batch_size: 32,
  epochs: 1000,
  checkpoint: { every_epochs: 100, min_seconds: 0, keep: 3 },
};
/** Trains for seconds: there is time to interrupt it where it is said below. */
const LONG: JobSpec = { ...SPEC, name: "long", epochs: 10_000, checkpoint: { every_epochs: 1000, min_seconds: 0, keep: 3 } };
/** Several of those, on a machine with other work. */
const RETRY_FOR_MS = 240_000;
/** Trains for hours. */
const ENDLESS: JobSpec = { ...SPEC, name: "endless", epochs: 10_000_000 };

async function call<T = Job>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${server.url}/v1/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : null) as T };
}

async function until(id: string, condition: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await server.client.job(id);
    if (condition(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const hasEpochs = (count: number) => (job: Job) => job.epochs_done >= count;
const inState = (state: Job["state"]) => (job: Job) => job.state === state;

let reference: Promise<Job> | null = null;
/** What it comes to when nobody interrupts it. */
const undisturbedLong = () => (reference ??= server.client.submit(LONG).then(({ id }) => server.client.wait(id)));

interface CheckpointPage {
  readonly data: { id: string; epoch: number; step: number; reason: string; is_best: boolean; sha256: string }[];
}
/** A checkpoint's place, in words. */
function placeOf(checkpoint: CheckpointPage["data"][number] | undefined): string {
  if (!checkpoint) return "the start";
  const { epoch, step } = checkpoint;
  return step === 0 ? `epoch ${epoch}` : `epoch ${epoch} and ${step} steps`;
}
const checkpointsOf = async (id: string) => (await call<CheckpointPage>("GET", `jobs/${id}/checkpoints`)).body.data;

describe("a job that is paused", () => {
  it("frees its worker, and goes on when it is resumed, to the same weights, each epoch seen once", {
    timeout: RETRY_FOR_MS,
  }, async () => {
    const undisturbed = await undisturbedLong();
    const { id } = await server.client.submit(LONG);
    for (const epochs of [200, 1000, 2000]) {
      await until(id, (job) => inState("running")(job) && hasEpochs(epochs)(job));
      expect((await call("POST", `jobs/${id}/pause`)).status).toBe(200);
      const paused = await until(id, inState("paused"));
      // One that was due there anyway is not written twice.
      const [newest] = await checkpointsOf(id);
      expect(newest).toMatchObject({ epoch: paused.epochs_done, reason: expect.stringMatching(/^(pause|interval|best)$/) });
      expect(paused.transitions.at(-1)?.reason).toBe(`paused at ${placeOf(newest)}`);
      const other = await server.client.submit({ ...SPEC, epochs: 5 });
      expect((await server.client.wait(other.id)).state).toBe("succeeded");
      expect(await call("POST", `jobs/${id}/resume`)).toMatchObject({ status: 200, body: { state: "queued" } });
    }
    const job = await server.client.wait(id);
    expect(job).toMatchObject({ state: "succeeded", attempt: 4, model: { sha256: undisturbed.model?.sha256 } });
    const of = (job: string) => server.client.metrics(job, { points: 100_000 });
    const [before, after] = await Promise.all([of(undisturbed.id), of(id)]);
    for (const name of ["loss", "val_loss", "accuracy", "lr"] as const) expect(after.series[name]).toEqual(before.series[name]);
  });

  it("is refused what its state does not allow, with the state", async () => {
    const { id } = await server.client.submit(ENDLESS);
    await until(id, inState("running"));
    const refused = async (verb: string, state: string) =>
      expect(await call("POST", `jobs/${id}/${verb}`)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining(`the job is ${state}`) },
      });
    await refused("resume", "running");
    await call("POST", `jobs/${id}/pause`);
    await until(id, inState("paused"));
    await refused("pause", "paused");
    expect(await call("POST", `jobs/${id}/cancel`)).toMatchObject({ body: { state: "cancelled" } });
    for (const verb of ["pause", "resume", "cancel"]) await refused(verb, "cancelled");
    expect((await call("POST", "jobs/job_none/pause")).status).toBe(404);
    expect((await call("POST", "jobs/job_none/resume")).status).toBe(404);
  });

  it("pauses while it is queued, without having run", async () => {
    const first = await server.client.submit(ENDLESS);
    await until(first.id, inState("running"));
    const { id } = await server.client.submit(SPEC);
    expect(await call("POST", `jobs/${id}/pause`)).toMatchObject({ body: { state: "paused", attempt: 0 } });
    await server.client.cancel(first.id);
    await server.client.wait(first.id);
    expect(await server.client.job(id)).toMatchObject({ state: "paused" });
    await call("POST", `jobs/${id}/cancel`);
  });
});

describe("checkpoints", () => {
  it("are kept as asked, predicted with, started from, and deleted", async () => {
    const { id } = await server.client.submit(SPEC);
    const done = await server.client.wait(id);
    const kept = await checkpointsOf(id);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.length).toBeLessThanOrEqual(4);
    expect(kept.filter(({ is_best }) => is_best)).toHaveLength(1);
    const checkpoint = kept[0] as CheckpointPage["data"][number];

    const rows = { instances: [[0.5, 0.25]] };
    const predicted = await call("POST", `checkpoints/${checkpoint.id}/predict`, rows);
    expect(predicted.status).toBe(200);
    expect(await call("POST", `models/${checkpoint.id}/predict`, rows)).toEqual(predicted);
    expect((await call("POST", `checkpoints/${done.model?.id}/predict`, rows)).status).toBe(404);
    expect((await call("POST", `checkpoints/${checkpoint.id}/predict`, { instances: [["x", 1]] })).status).toBe(422);

    const from = { ...SPEC, epochs: 1, optimizer: { type: "sgd", lr: 0 }, init_from: { checkpoint: checkpoint.id } };
    const started = await server.client.wait((await server.client.submit(from as JobSpec)).id);
    expect(started.spec.init_from).toMatchObject({ checkpoint: checkpoint.id, sha256: checkpoint.sha256 });
    expect(started.model?.sha256).toBe(checkpoint.sha256);

    expect((await call("DELETE", `checkpoints/${checkpoint.id}`)).status).toBe(204);
    expect((await call("DELETE", `checkpoints/${checkpoint.id}`)).status).toBe(404);
    expect((await call("POST", `checkpoints/${checkpoint.id}/predict`, rows)).status).toBe(404);
    const gone = await call<{ errors: { pointer: string }[] }>("POST", "jobs", from);
    expect(gone).toMatchObject({ status: 422, body: { errors: [{ pointer: "/init_from/checkpoint" }] } });
    expect(await checkpointsOf(id)).toEqual(kept.slice(1));
    expect((await call("GET", "jobs/job_none/checkpoints")).status).toBe(404);
  });
});

describe("a server that stops", () => {
  it("has a running job write a checkpoint, and goes on from it after the next start, to the same weights", {
    timeout: RETRY_FOR_MS,
  }, async () => {
    const undisturbed = await undisturbedLong();
    const { id } = await server.client.submit({ ...LONG, checkpoint: { every_seconds: 3600, keep: 1000 } });
    await until(id, hasEpochs(500));
    expect(await server.stop()).toBe(0);
    server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
    const job = await server.client.wait(id);
    expect(job.model?.sha256).toBe(undisturbed.model?.sha256);
    // On a slow machine there are those of better epochs, before it and since.
    const written = (await checkpointsOf(id)).find(({ reason }) => reason === "stop");
    expect(job.transitions[2]).toMatchObject({
      state: "queued",
      reason: `the server was stopped; it resumes from ${placeOf(written)}`,
    });
  });
});
