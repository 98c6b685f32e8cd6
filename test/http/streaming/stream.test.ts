import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { streamFrame } from "../../../src/http/openapi/response-schemas.ts";
import { finishJob, openStagedApp, SPEC, type StagedApp, settled, submitJob } from "../staged-app.ts";
import { epochsOf, range, readEventStream, readSocket } from "./readers.ts";

let staged: StagedApp;
let url: string;
const LOW_WATER = { lowWaterBytes: 64 * 1024 };
beforeAll(async () => {
  staged = await openStagedApp({ streamBounds: LOW_WATER });
  url = await staged.listen();
});
afterAll(() => staged.close());

const isEnd = ({ type }: { type: string }) => type === "end";

describe("a WebSocket reader", () => {
  it("that connects before training sees every epoch exactly once, in order, then the end", async () => {
    const id = await submitJob(staged);
    const reader = readSocket(url, id);
    const run = await staged.nextRun();
    for (let from = 1; from <= 10; from += 2) await run.post(from, from + 1);
    run.finish();
    expect(await reader.closed).toEqual({ code: 1000, reason: "the job has ended" });
    expect(epochsOf(reader.frames)).toEqual(range(1, 10));
    expect(reader.frames.at(-1)).toMatchObject({ type: "end", state: "succeeded" });
    for (const frame of reader.frames) streamFrame.parse(frame);
  });

  it("that connects during training gets the backlog, then what is live", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    await run.post(1, 4);
    const reader = readSocket(url, id);
    await reader.until(({ to }) => to === 4);
    await run.post(5, 10);
    run.finish();
    await reader.closed;
    expect(epochsOf(reader.frames)).toEqual(range(1, 10));
  });

  it("that connects after training gets all of it", async () => {
    const reader = readSocket(url, await finishJob(staged));
    await reader.closed;
    expect(epochsOf(reader.frames)).toEqual(range(1, 10));
    const seqs = reader.frames.filter((frame) => !isEnd(frame)).map(({ seq }) => seq);
    expect(seqs).toEqual(range(1, seqs.length));
  });

  it("that reconnects after any frame goes on right behind it", async () => {
    const id = await finishJob(staged, 30, 3);
    const whole = readSocket(url, id);
    await whole.closed;
    const lastSeq = whole.frames.at(-1)?.seq ?? 0;
    for (const after of range(0, lastSeq)) {
      const rest = readSocket(url, id, after);
      await rest.closed;
      expect(rest.frames.filter((frame) => !isEnd(frame))).toEqual(
        whole.frames.filter((frame) => !isEnd(frame) && frame.seq > after),
      );
      expect(rest.frames.at(-1)).toEqual(whole.frames.at(-1));
    }
  });

  it("may name a sequence number beyond the end, and waits there for what comes", async () => {
    const id = await submitJob(staged, { ...SPEC, epochs: 1_000_000 });
    const run = await staged.nextRun();
    const reader = readSocket(url, id, 1_000_000);
    // It stands at the newest event of the moment when the server looks, which the first frame shows to have come.
    let posted = 0;
    for (; reader.frames.length === 0; posted++) await run.post(posted + 1, posted + 1);
    await run.post(posted + 1, posted + 10);
    run.finish();
    await reader.closed;
    const epochs = epochsOf(reader.frames);
    expect(epochs).toEqual(range(epochs[0] ?? 0, posted + 10));
  });

  it("is not upgraded for an unknown job, nor with a cursor that is no number", async () => {
    const unknown = readSocket(url, "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90");
    await expect(unknown.closed).rejects.toThrow("404");
    const id = await finishJob(staged);
    await expect(readSocket(url, id, Number.NaN).closed).rejects.toThrow("422");
    await expect(readSocket(url, id, -1).closed).rejects.toThrow("422");
  });

  it("may say what it likes, in short; what is long ends its connection", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    const polite = readSocket(url, id);
    const rude = readSocket(url, id);
    await Promise.all([polite.until(() => true), rude.until(() => true)]);
    polite.socket.send("hello");
    rude.socket.send("x".repeat(100_000));
    expect((await rude.closed).code).toBe(1009);
    await run.post(1, 10);
    run.finish();
    expect((await polite.closed).code).toBe(1000);
  });

  it("is told to upgrade when it does not", async () => {
    const id = await finishJob(staged);
    const response = await staged.app.inject(`/v1/jobs/${id}/stream`);
    expect(response.statusCode).toBe(426);
    expect(response.headers.upgrade).toBe("websocket");
    expect(problem.parse(response.json()).code).toBe("upgrade_required");
  });

  it("that answers no pings is dropped", async () => {
    const own = await openStagedApp({ streamBounds: { pingMs: 50 } });
    const id = await submitJob(own);
    const socket = connect(Number(new URL(await own.listen()).port), "127.0.0.1");
    socket.write(
      `GET /v1/jobs/${id}/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    await waitFor(() => own.logged.some((line) => line.job_id === id && line.ending === "gone"));
    await own.close();
  });
});

describe("a reader that takes nothing", () => {
  it("is closed with 4008 and resumes where it was", async () => {
    const epochs = 400_000;
    // The others are not closed when this process, which is their server too, has no turn for a moment.
    const own = await openStagedApp({ streamBounds: { ...LOW_WATER, stallMs: 200 } });
    onTestFinished(() => own.close());
    const ownUrl = await own.listen();
    const id = await submitJob(own, { ...SPEC, epochs });
    const run = await own.nextRun();
    const slow = readSocket(ownUrl, id);
    await slow.until(() => true);
    slow.socket.pause();
    // At once: a peer that takes no close frame is dropped after 30 s, and posting may take longer where the machine is busy.
    const resumed = waitFor(() => own.logged.some((line) => line.ending === "too_slow")).then(() => slow.socket.resume());
    for (let from = 1; from <= epochs; from += 10_000) await run.post(from, from + 9999);
    run.finish();
    await settled(own, id);
    await resumed;

    const { code, reason } = await slow.closed;
    expect(code).toBe(4008);
    const frames = [...slow.frames];
    expect(reason).toBe(`too slow; resume with after=${frames.at(-1)?.seq ?? 0}`);
    // On a busy machine it may be too slow again.
    for (let ending = code; ending === 4008; ) {
      const rest = readSocket(ownUrl, id, frames.at(-1)?.seq ?? 0);
      ending = (await rest.closed).code;
      frames.push(...rest.frames);
    }
    expect(epochsOf(frames)).toEqual(range(1, epochs));
  });
});

describe("an event stream", () => {
  it("has the frames of the WebSocket", async () => {
    const id = await finishJob(staged, 20, 3);
    const socket = readSocket(url, id);
    await socket.closed;
    const { status, frames } = await readEventStream(url, id);
    expect(status).toBe(200);
    expect(frames).toEqual(socket.frames);
  });

  it("goes on after the Last-Event-ID, and stops an EventSource that has seen it all", async () => {
    const id = await finishJob(staged, 20, 3);
    const first = await readEventStream(url, id, { enough: ({ to }) => to === 9 });
    const second = await readEventStream(url, id, { lastEventId: first.frames.at(-1)?.seq ?? 0 });
    expect(epochsOf([...first.frames, ...second.frames])).toEqual(range(1, 20));
    const third = await readEventStream(url, id, { lastEventId: second.frames.at(-1)?.seq ?? 0 });
    expect(third).toEqual({ status: 204, frames: [] });
  });

  it("ends its generator when the reader goes away", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    await run.post(1, 2);
    await readEventStream(url, id, { enough: ({ to }) => to === 2 });
    await waitFor(() => staged.logged.some((line) => line.job_id === id && line.ending === "gone"));
    run.finish();
    await settled(staged, id);
  });
});

describe("a server that goes down", () => {
  it("gives every stream its end frame, then 1001, and a reader goes on later without loss", async () => {
    const own = await openStagedApp();
    const ownUrl = await own.listen();
    const id = await submitJob(own);
    const run = await own.nextRun();
    await run.post(1, 3);
    const reader = readSocket(ownUrl, id);
    const eventsCame = Promise.withResolvers<void>();
    const events = readEventStream(ownUrl, id, {
      enough({ to }) {
        if (to === 3) eventsCame.resolve();
        return false;
      },
    });
    await Promise.all([reader.until(({ to }) => to === 3), eventsCame.promise]);
    own.lifecycle.drain();
    const { code, reason } = await reader.closed;
    expect([code, reason]).toEqual([1001, `the server is going down; resume with after=${reader.frames.at(-1)?.seq}`]);
    expect(reader.frames.at(-1)).toMatchObject({ type: "end", state: "running", reason: "draining" });
    expect((await events).frames).toEqual(reader.frames);
    await own.close();
  });
});

describe("a server that closes", () => {
  it("does not wait for a reader that takes nothing, nor for a connection that is kept alive", async () => {
    const own = await openStagedApp({ streamBounds: { drainMs: 50 } });
    const ownUrl = await own.listen();
    const id = await submitJob(own, { ...SPEC, epochs: 400_000 });
    const run = await own.nextRun();
    const stuck = readSocket(ownUrl, id);
    await stuck.until(() => true);
    stuck.socket.pause();
    for (let from = 1; from <= 400_000; from += 10_000) await run.post(from, from + 9999);
    const kept = connect(Number(new URL(ownUrl).port), "127.0.0.1");
    kept.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    await new Promise((resolve) => kept.once("data", resolve));
    await own.close();
    stuck.socket.terminate();
    kept.destroy();
  });
});

async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5);
}
