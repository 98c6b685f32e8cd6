/**
 * The real server on a disk that is full to the last byte: it says so, loses nothing, serves what is there, and goes on by itself
 * when there is room.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Job, JobSpec } from "../../src/client/answers.ts";
import { type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { createSmallDisk, type SmallDisk } from "./small-disk.ts";
import { SPECS } from "./specs.ts";
import { createWitness } from "./witness.ts";
import { isEnded } from "./yard.ts";

let disk: SmallDisk;
let server: LiveServer;
beforeAll(async () => {
  disk = await createSmallDisk();
  server = await startLiveServer(disk.path, { TRAINYARD_WORKERS: "1", ...disk.settings });
});
afterAll(async () => {
  server?.process.kill("SIGKILL");
  await server?.ended;
  await disk?.remove();
});

const LONG = { ...SPECS["batches-adam-dropout"], name: "long", epochs: 12_000 } as JobSpec;
const rows = Array.from({ length: 20_000 }, (_, row) => [row / 20_000]);
/** A third of a megabyte in the database. */
const BALLAST: JobSpec = {
  name: "ballast",
  data: { inline: { features: rows, targets: rows } },
  task: "regression",
  model: { layers: [{ type: "linear" }] },
  loss: { type: "mse" },
  optimizer: { type: "sgd", lr: 0.1 },
  epochs: 1,
  priority: -10,
};

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

async function call(method: string, path: string, body?: object | string): Promise<Answer> {
  const type = typeof body === "string" ? "text/csv" : "application/json";
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${server.url}/${path}`, {
    method,
    ...(body && { body: text, headers: { "content-type": type } }),
  });
  const received = await response.text();
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: received ? (JSON.parse(received) as Record<string, unknown>) : {},
  };
}

async function until(id: string, condition: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await server.client.job(id);
    if (condition(job)) return job;
    if (isEnded(job)) throw new Error(`the job is ${job.state}: ${JSON.stringify(job.transitions)}`);
    await delay(20);
  }
}

/** Adds jobs until one is refused. Returns the refusal, and the ids of the others. */
async function addBallast(): Promise<{ refusal: Answer; ids: string[] }> {
  const ids: string[] = [];
  for (;;) {
    const answer = await call("POST", "v1/jobs", BALLAST);
    if (answer.status !== 202) return { refusal: answer, ids };
    ids.push(String(answer.body.id));
  }
}

const NO_ROOM = {
  status: 507,
  type: expect.stringContaining("application/problem+json"),
  body: { status: 507, code: "storage_full", detail: expect.stringMatching(/room/) },
};
const TABLE = `x\n${rows.join("\n")}\n`;

it("loses nothing on a full disk, serves what is there, and goes on to the same weights when there is room", {
  timeout: 600_000,
}, async () => {
  const undisturbed = await server.client.wait((await server.client.submit({ ...LONG, name: "undisturbed" })).id);
  const model = undisturbed.model as NonNullable<Job["model"]>;
  const witness = createWitness();
  const expected = await witness.judge(server.url, undisturbed);

  const { id } = await server.client.submit(LONG);
  await until(id, ({ epochs_done }) => epochs_done > 100);
  await disk.fill();
  if (disk.kind === "disk") expect(await call("POST", "v1/datasets?name=refused", TABLE)).toMatchObject(NO_ROOM);
  const { refusal, ids } = await addBallast();
  expect(refusal).toMatchObject(NO_ROOM);
  expect(await call("POST", "v1/datasets?name=refused", TABLE)).toMatchObject(NO_ROOM);
  const waiting = await until(id, ({ state }) => state === "queued");
  expect(waiting.transitions.at(-1)?.reason).toMatch(/^the disk is full: the job waits for space; it resumes from epoch \d+/);
  for (const other of ids) expect((await server.client.cancel(other)).state).toBe("cancelled");

  // Whoever fills the disk takes too what the server had kept for such a moment.
  await disk.fill();
  expect(await call("GET", "readyz")).toMatchObject({
    status: 503,
    body: { detail: expect.stringContaining("the disk is full") },
  });
  expect((await call("GET", "healthz")).status).toBe(200);
  expect((await call("GET", "v1/jobs")).status).toBe(200);
  expect((await call("GET", `v1/jobs/${id}/metrics`)).status).toBe(200);
  expect((await call("GET", `v1/models/${model.id}`)).status).toBe(200);
  expect((await call("POST", `v1/models/${model.id}/predict`, { instances: [[0.5, 0.5]] })).status).toBe(200);
  expect((await call("POST", "v1/jobs", BALLAST)).status).toBe(507);
  await witness.look(server.url, id);
  expect((await server.client.job(id)).state).toBe("queued");

  await disk.free();
  for (const other of ids) await server.client.remove(other);
  const job = await until(id, isEnded);
  expect(job).toMatchObject({ state: "succeeded", model: { sha256: model.sha256 } });
  expect(await witness.judge(server.url, job)).toEqual(expected);
  expect((await call("GET", "readyz")).status).toBe(200);
  expect((await call("POST", "v1/datasets?name=taken", TABLE)).status).toBe(201);
  expect(server.process.exitCode).toBeNull();
  expect(await server.stop()).toBe(0);
});
