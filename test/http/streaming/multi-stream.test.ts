import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { finishJob, openStagedApp, SPEC, type StagedApp, type StageOptions, settled, submitJob } from "../staged-app.ts";
import { openMultiReader } from "./multi-stream-reader.ts";
import { epochsOf, range, readSocket } from "./readers.ts";

let staged: StagedApp;
let url: string;
const LOW_WATER = { lowWaterBytes: 64 * 1024 };
beforeAll(async () => {
  staged = await openStagedApp({ streamBounds: LOW_WATER });
  url = await staged.listen();
});
afterAll(() => staged.close());

const NO_JOB = "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";

async function reader(base = url) {
  const opened = await openMultiReader(base);
  onTestFinished(() => opened.socket.terminate());
  return opened;
}

async function watcher(base = url) {
  const opened = await reader(base);
  opened.say({ type: "subscribe", topic: "jobs" });
  await opened.until("subscribed");
  return opened;
}

async function ownApp(options: StageOptions) {
  const own = await openStagedApp(options);
  onTestFinished(() => own.close());
  return { own, ownUrl: await own.listen() };
}

describe("a reader of many jobs", () => {
  it("gets of each job the frames of the job's own stream", async () => {
    const ids = [await finishJob(staged, 20, 3), await finishJob(staged, 8, 2), await finishJob(staged)];
    const many = await reader();
    for (const job of ids) many.say({ type: "subscribe", job });
    for (const id of ids) {
      await many.until("end", ({ job }) => job === id);
      const own = readSocket(url, id);
      await own.closed;
      expect(many.framesOf(id)).toEqual(own.frames);
    }
  });

  it("goes on after a sequence number, and follows a job while it trains", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    await run.post(1, 4);
    const many = await reader();
    many.say({ type: "subscribe", job: id, after: 2 });
    await many.until("metrics", ({ to }) => to === 4);
    await run.post(5, 10);
    run.finish();
    await many.until("end");
    expect(epochsOf(many.framesOf(id))).toEqual(range(1, 10));
    expect(many.framesOf(id)[0]?.seq).toBe(3);
  });

  it("hears nothing more of a job that it unsubscribes from, and may come back", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    await run.post(1, 2);
    const many = await reader();
    many.say({ type: "subscribe", job: id });
    const { seq } = await many.until("metrics", ({ to }) => to === 2);
    many.say({ type: "unsubscribe", job: id });
    // What is said later is answered later: once this problem is there, the job was left.
    many.say({ type: "subscribe", job: NO_JOB });
    await many.until("error");
    await run.post(3, 4);
    await readSocket(url, id).until(({ to }) => to === 4);
    expect(epochsOf(many.framesOf(id))).toEqual([1, 2]);
    many.say({ type: "subscribe", job: id, after: seq });
    await run.post(5, 10);
    run.finish();
    await many.until("end");
    expect(epochsOf(many.framesOf(id))).toEqual(range(1, 10));
  });

  it("is told which job there is not, and which it follows already", async () => {
    const id = await submitJob(staged);
    const many = await reader();
    many.say({ type: "subscribe", job: NO_JOB });
    expect(await many.until("error")).toMatchObject({ job: NO_JOB, problem: { status: 404, code: "not_found" } });
    many.say({ type: "subscribe", job: id });
    many.say({ type: "subscribe", job: id });
    expect(await many.until("error", ({ job }) => job === id)).toMatchObject({ problem: { status: 409 } });
    const run = await staged.nextRun();
    run.finish();
    await many.until("end");
    expect(many.framesOf(id).filter(({ type }) => type === "end")).toHaveLength(1);
  });

  it("follows no more jobs than a connection may, and more when it has left some", async () => {
    const { own, ownUrl } = await ownApp({ streamBounds: { subscriptions: 2 } });
    const [first, second, third] = [await submitJob(own), await submitJob(own), await submitJob(own)];
    const many = await reader(ownUrl);
    for (const job of [first, second, third]) many.say({ type: "subscribe", job });
    const refused = await many.until("error");
    expect(refused.job).toBe(third);
    expect(refused.problem).toMatchObject({ status: 429, detail: expect.stringContaining("follows 2 jobs") });
    many.say({ type: "unsubscribe", job: first });
    many.say({ type: "subscribe", job: third });
    await many.until("state", ({ job }) => job === third);
    expect(many.messages.filter(({ type }) => type === "error")).toHaveLength(1);
  });

  it("ends quietly with a job that is deleted while it is followed", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    run.finish();
    await settled(staged, id);
    const many = await reader();
    many.say({ type: "subscribe", job: id });
    await many.until("end");
    await staged.app.inject({ method: "DELETE", url: `/v1/jobs/${id}` });
    many.say({ type: "subscribe", job: id });
    expect((await many.until("error")).problem.code).toBe("not_found");
  });
});

describe("what is no message", () => {
  const NONE: [string, string | Uint8Array | object, string, string][] = [
    ["no JSON", "hello", "malformed", "not JSON"],
    ["binary", new Uint8Array([1, 2]), "malformed", "not binary"],
    ["of no type", { job: NO_JOB }, "invalid", "/type"],
    ["of an unknown type", { type: "shout", job: NO_JOB }, "invalid", "/type"],
    ["about nothing", { type: "subscribe" }, "invalid", "is required"],
    ["about an unknown topic", { type: "subscribe", topic: "models" }, "invalid", "/topic"],
    ["with a field that is none", { type: "subscribe", job: NO_JOB, loud: true }, "invalid", "/loud"],
    ["with a cursor below zero", { type: "subscribe", job: NO_JOB, after: -1 }, "invalid", "/after"],
    ["a list", "[]", "invalid", ""],
    ["null", "null", "invalid", ""],
  ];

  it.each(NONE)("%s is answered with what is wrong, and the connection goes on", async (_, said, code, detail) => {
    const many = await reader();
    many.say(said);
    const error = await many.until("error");
    expect(error).toMatchObject({ job: null, problem: { code, detail: expect.stringContaining(detail) } });
    expect(problem.parse(error.problem)).toEqual(error.problem);
    many.say({ type: "subscribe", topic: "jobs" });
    await many.until("subscribed");
  });

  it("closes the connection when there is too much of it", async () => {
    const { ownUrl } = await ownApp({ streamBounds: { faults: 3 } });
    const many = await reader(ownUrl);
    for (let index = 0; index < 10; index++) many.say("nonsense");
    expect(await many.closed).toEqual({ code: 1008, reason: "too many invalid messages" });
    expect(many.messages.map(({ type }) => type)).toEqual(["error", "error", "error"]);
  });

  it("closes the connection when it is too long", async () => {
    const many = await reader();
    many.say({ type: "subscribe", job: "x".repeat(5000) });
    expect((await many.closed).code).toBe(1009);
  });
});

describe("a reader of the topic jobs", () => {
  it("hears of every change of state, of progress with the newest metrics, and of the end", async () => {
    const many = await watcher();
    const id = await submitJob(staged);
    const ofJob = ({ job }: { job: { id: string } }) => job.id === id;
    const run = await staged.nextRun();
    await many.until("job", (message) => ofJob(message) && message.job.state === "running");
    await run.post(1, 4);
    const progress = await many.until("job", (message) => ofJob(message) && message.job.epochs_done === 4);
    expect(progress.job).toMatchObject({ progress: 0.4, state: "running" });
    expect(progress.job.metrics).toMatchObject({ final: { loss: 1 / 4 }, best: { loss: 1 / 4, epoch: 4 } });
    await run.post(5, 10);
    run.finish();
    const { job } = await many.until("job", (message) => ofJob(message) && message.job.state === "succeeded");
    // A stream leaves the notes of jobs out, as lists do.
    const { notes: _, ...shown } = (await staged.app.inject(`/v1/jobs/${id}`)).json() as { notes: unknown };
    expect(job).toEqual(shown);
  });

  it("misses nothing that happens after the answer to its subscription", async () => {
    const many = await watcher();
    const ids = await Promise.all(Array.from({ length: 5 }, () => submitJob(staged)));
    for (const id of ids) await many.until("job", ({ job }) => job.id === id);
    for (const _ of ids) (await staged.nextRun()).finish();
    for (const id of ids) await many.until("job", ({ job }) => job.id === id && job.state === "succeeded");
  });

  it("hears of progress a few times a second at most, and of the newest in the end", async () => {
    const epochs = 400;
    const id = await submitJob(staged, { ...SPEC, epochs });
    const run = await staged.nextRun();
    const many = await watcher();
    const startedAt = performance.now();
    for (let epoch = 1; epoch <= epochs; epoch++) await run.post(epoch, epoch);
    const told = await many.until("job", ({ job }) => job.epochs_done === epochs);
    const seconds = (performance.now() - startedAt) / 1000;
    expect(told.job.state).toBe("running");
    expect(many.messages.filter(({ type }) => type === "job").length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1);
    run.finish();
    await settled(staged, id);
  });

  it("hears that a job was deleted, and nothing of it after that", async () => {
    const many = await watcher();
    const id = await finishJob(staged);
    await many.until("job", ({ job }) => job.id === id && job.state === "succeeded");
    expect((await staged.app.inject({ method: "DELETE", url: `/v1/jobs/${id}` })).statusCode).toBe(204);
    await many.until("removed", (message) => message.id === id);
    const last = await finishJob(staged);
    await many.until("job", ({ job }) => job.id === last && job.state === "succeeded");
    const after = many.messages.slice(many.messages.findIndex(({ type }) => type === "removed"));
    expect(after.some((message) => message.type === "job" && message.job.id === id)).toBe(false);
  });

  it("hears nothing more when it has unsubscribed, and again when it comes back", async () => {
    const many = await watcher();
    many.say({ type: "unsubscribe", topic: "jobs" });
    many.say({ type: "subscribe", job: NO_JOB });
    await many.until("error");
    const id = await finishJob(staged);
    expect(many.messages.filter(({ type }) => type === "job")).toEqual([]);
    many.say({ type: "subscribe", topic: "jobs" });
    await many.until("subscribed");
    const next = await finishJob(staged);
    await many.until("job", ({ job }) => job.id === next && job.state === "succeeded");
    expect(many.messages.some((message) => message.type === "job" && message.job.id === id)).toBe(false);
  });

  it("that reads slowly gets each job as it is in the end", async () => {
    const many = await watcher();
    many.socket.pause();
    const ids = [await finishJob(staged, 200, 1), await finishJob(staged, 200, 1)];
    many.socket.resume();
    for (const id of ids) await many.until("job", ({ job }) => job.id === id && job.state === "succeeded");
  });
});

describe("a reader of many jobs that takes nothing", () => {
  it("is closed with 4008, and goes on after what it has seen of each", async () => {
    const epochs = 200_000;
    // The others are not closed when this process, which is their server too, has no turn for a moment.
    const { own, ownUrl } = await ownApp({ streamBounds: { ...LOW_WATER, stallMs: 200 } });
    const ids: string[] = [];
    for (let index = 0; index < 2; index++) {
      const id = await submitJob(own, { ...SPEC, epochs });
      const run = await own.nextRun();
      for (let from = 1; from <= epochs; from += 10_000) await run.post(from, from + 9999);
      run.finish();
      await settled(own, id);
      ids.push(id);
    }
    const slow = await reader(ownUrl);
    for (const job of ids) slow.say({ type: "subscribe", job });
    await slow.until("state");
    slow.socket.pause();
    await waitFor(() => own.logged.some((line) => line.ending === "too_slow" && line.messages !== undefined));
    slow.socket.resume();
    expect(await slow.closed).toEqual({
      code: 4008,
      reason: "too slow; subscribe again, after the last seq of each job",
    });
    const seen = ids.map((id) => [...slow.framesOf(id)]);
    // On a busy machine it may be too slow again.
    while (seen.some((frames) => frames.at(-1)?.type !== "end")) {
      const rest = await reader(ownUrl);
      for (const [index, job] of ids.entries()) rest.say({ type: "subscribe", job, after: seen[index]?.at(-1)?.seq ?? 0 });
      const isEnded = (id: string) => rest.until("end", ({ job }) => job === id).catch(() => undefined);
      await Promise.all(ids.map(isEnded));
      for (const [index, id] of ids.entries()) seen[index]?.push(...rest.framesOf(id));
    }
    for (const frames of seen) expect(epochsOf(frames)).toEqual(range(1, epochs));
  });

  it("shares the connection fairly: no job waits for another's backlog", async () => {
    const long = await finishJob(staged, 300_000, 10_000);
    const short = await finishJob(staged, 2, 1);
    const many = await reader();
    many.say({ type: "subscribe", job: long });
    many.say({ type: "subscribe", job: short });
    await many.until("end", ({ job }) => job === long);
    const endOf = (id: string) => many.messages.findIndex((message) => message.type === "end" && message.job === id);
    expect(endOf(short)).toBeGreaterThan(0);
    expect(endOf(short)).toBeLessThan(endOf(long));
  });
});

describe("a server that goes down", () => {
  it("gives every job its end frame, then 1001", async () => {
    const own = await openStagedApp();
    const ownUrl = await own.listen();
    const ids = [await submitJob(own), await submitJob(own)];
    const run = await own.nextRun();
    await run.post(1, 3);
    const many = await watcher(ownUrl);
    for (const job of ids) many.say({ type: "subscribe", job });
    await many.until("metrics");
    await many.until("state", ({ job }) => job === ids[1]);
    own.lifecycle.drain();
    expect(await many.closed).toEqual({
      code: 1001,
      reason: "the server is going down; subscribe again, after the last seq of each job",
    });
    for (const id of ids) expect(many.framesOf(id).at(-1)).toMatchObject({ type: "end", reason: "draining" });
    await own.close();
  });

  it("does not wait for a reader of nothing", async () => {
    const own = await openStagedApp();
    const many = await openMultiReader(await own.listen());
    await own.close();
    expect((await many.closed).code).toBe(1001);
  });
});

describe("GET /v1/stream", () => {
  it("without an upgrade says so", async () => {
    const response = await staged.app.inject("/v1/stream");
    expect(response.statusCode).toBe(426);
    expect(response.headers.upgrade).toBe("websocket");
    expect(problem.parse(response.json()).code).toBe("upgrade_required");
  });
});

async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}
