import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { findJob } from "../../../src/app/jobs/job-view.ts";
import { remove } from "../../../src/app/jobs/remove.ts";
import { DRAINING, type Frame, follow } from "../../../src/app/metrics/follow.ts";
import { createFrames } from "../../../src/app/metrics/frames.ts";
import { readEvents, readMetrics } from "../../../src/app/metrics/history.ts";
import type { Services } from "../../../src/app/services.ts";
import { aChunk, aSuccess, lossOf } from "../../contract/fixtures.ts";
import { type Calls, countCalls } from "../counting-store.ts";
import { openDependencies, parseFrame, plainCompute, queueJob, type WireFrame } from "../jobs/dependencies.ts";

const never = new AbortController().signal;

/** A stream as routes open it: the job is read once, before. */
async function open(services: Services, id: string, after = 0, signal = never): Promise<AsyncGenerator<Frame>> {
  return follow(services, await findJob(services, id), { after, signal });
}

async function collect(services: Services, id: string, after = 0, signal = never): Promise<WireFrame[]> {
  const frames: WireFrame[] = [];
  for await (const frame of await open(services, id, after, signal)) frames.push(parseFrame(frame));
  return frames;
}

/** Runs a job by hand: `sizes` chunks of so many epochs each, then its end. */
async function train(
  services: Services,
  id: string,
  sizes: readonly number[],
  between: () => Promise<void> = async () => undefined,
) {
  await services.queue.claim();
  services.bus.publish(id);
  let done = 0;
  for (const size of sizes) {
    await between();
    await services.store.metrics.append(id, 1, aChunk(done + 1, done + size));
    services.bus.publish(id);
    done += size;
  }
  await services.store.jobs.finish(id, 1, 9, "all epochs are done", aSuccess(id));
  services.bus.publish(id);
}

const epochsOf = (frames: readonly WireFrame[]) => frames.flatMap(({ epochs }) => epochs ?? []);
const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

function expectWhole(frames: readonly WireFrame[], epochs: number): void {
  expect(epochsOf(frames)).toEqual(oneTo(epochs));
  expect(frames.flatMap(({ series }) => series?.loss ?? [])).toEqual(oneTo(epochs).map(lossOf));
  const events = frames.filter(({ type }) => type !== "end");
  expect(events.map(({ seq }) => seq)).toEqual(oneTo(events.length));
  expect(frames.at(-1)).toMatchObject({ type: "end", seq: events.length, state: "succeeded" });
}

describe("follow", () => {
  it("sends everything of a job that has ended, in the wire form", async () => {
    const dependencies = await openDependencies();
    const { id, createdAt } = await queueJob(dependencies);
    await train(dependencies, id, [2]);
    const frames = await collect(dependencies, id);
    const model = (await dependencies.store.jobs.get(id))?.model?.id;
    expect(frames).toEqual([
      { type: "state", job: id, seq: 1, state: "queued", at: new Date(createdAt).toISOString(), reason: "submitted" },
      { type: "state", job: id, seq: 2, state: "running", at: expect.any(String), reason: "a worker took it" },
      {
        type: "metrics",
        job: id,
        seq: 3,
        from: 1,
        to: 2,
        total: 2,
        returned: 2,
        epochs: [1, 2],
        series: { loss: [1, 0.5], accuracy: [0.1, 0.2], lr: [0.1, 0.1] },
      },
      { type: "state", job: id, seq: 4, state: "succeeded", at: new Date(9).toISOString(), reason: "all epochs are done" },
      { type: "end", job: id, seq: 4, state: "succeeded", reason: "all epochs are done", model, error: null },
    ]);
  });

  it("sees each epoch once, whether it comes before, during or after", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    const readers = [collect(dependencies, id)];
    await train(dependencies, id, Array(20).fill(50), async () => void readers.push(collect(dependencies, id)));
    readers.push(collect(dependencies, id));
    for (const frames of await Promise.all(readers)) expectWhole(frames, 1000);
  });

  it("sees each epoch once, in order, across reconnects at any point", async () => {
    const dependencies = await openDependencies();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }),
        async (sizes, reconnects) => {
          const { id } = await queueJob(dependencies);
          const training = train(dependencies, id, sizes, () => new Promise((resolve) => setImmediate(resolve)));
          const seen: WireFrame[] = [];
          for (const count of [...reconnects, Number.POSITIVE_INFINITY]) {
            const stop = new AbortController();
            let taken = 0;
            for await (const frame of await open(dependencies, id, seen.at(-1)?.seq ?? 0, stop.signal)) {
              // An end frame repeats the last sequence number: who has seen it does not come back.
              seen.push(parseFrame(frame));
              if (frame.type === "end" || ++taken >= count) break;
            }
            if (seen.at(-1)?.type === "end") break;
          }
          await training;
          expectWhole(
            seen,
            sizes.reduce((total, size) => total + size, 0),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it("sees each epoch once, whichever hints are lost, doubled or vague, and whichever chunks are at hand", async () => {
    const dependencies = await openDependencies();
    const { store, bus, frames, queue } = dependencies;
    const chunk = fc.record({
      size: fc.integer({ min: 1, max: 300 }),
      isAtHand: fc.boolean(),
      hint: fc.constantFrom("lost", "vague", "exact", "early", "doubled"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 15 }), async (chunks) => {
        const { id } = await queueJob(dependencies);
        const reader = collect(dependencies, id);
        await queue.claim();
        let done = 0;
        for (const { size, isAtHand, hint } of chunks) {
          const next = aChunk(done + 1, done + size);
          const seq = (await store.metrics.append(id, 1, next)) as number;
          if (isAtHand) frames.add(id, seq, next);
          if (hint === "vague" || hint === "doubled") bus.publish(id);
          if (hint === "exact" || hint === "doubled") bus.publish(id, seq);
          if (hint === "early") bus.publish(id, seq - 1);
          done += size;
        }
        const job = await store.jobs.finish(id, 1, 9, "all epochs are done", aSuccess(id));
        bus.publish(id, job?.lastSeq);
        expectWhole(await reader, done);
      }),
      { numRuns: 25 },
    );
  });

  it("reads nothing from the store for a chunk that was just stored here, in the bytes that the store would give", async () => {
    const calls: Calls = {};
    const dependencies = await openDependencies({ wrapStore: countCalls(calls) });
    const { store, bus, frames } = dependencies;
    const { id } = await queueJob(dependencies);
    const live: Frame[] = [];
    const caughtUp = Promise.withResolvers<void>();
    const stream = await open(dependencies, id);
    const reader = (async () => {
      for await (const frame of stream) {
        live.push(frame);
        if (frame.seq === 3) caughtUp.resolve();
      }
    })();
    await dependencies.queue.claim();
    const append = async (from: number, to: number): Promise<void> => {
      const chunk = aChunk(from, to);
      const seq = (await store.metrics.append(id, 1, chunk)) as number;
      frames.add(id, seq, chunk);
      bus.publish(id, seq);
    };
    await append(1, 10);
    await caughtUp.promise;
    // The reader makes sure that there is no more, once.
    await vi.waitFor(() => expect(calls["jobs.get"]).toBe(2));
    const before = { ...calls };
    for (let from = 11; from <= 2000; from += 199) {
      await append(from, from + 198);
      await vi.waitFor(() => expect(live.at(-1)?.seq).toBe(3 + (from + 188) / 199));
    }
    expect(calls).toEqual({ ...before, "metrics.append": (before["metrics.append"] ?? 0) + 10 });
    const job = await store.jobs.finish(id, 1, 9, "all epochs are done", aSuccess(id));
    bus.publish(id, job?.lastSeq);
    await reader;
    // A server without any of it at hand.
    const elsewhere = { ...dependencies, frames: createFrames(dependencies) };
    const stored: Frame[] = [];
    for await (const frame of await open(elsewhere, id)) stored.push(frame);
    expect(live.map(({ json }) => new TextDecoder().decode(json))).toEqual(
      stored.map(({ json }) => new TextDecoder().decode(json)),
    );
  });

  it("reads a job that has ended once", async () => {
    const calls: Calls = {};
    const dependencies = await openDependencies({ wrapStore: countCalls(calls) });
    const { id } = await queueJob(dependencies);
    await train(dependencies, id, [5]);
    await collect(dependencies, id);
    expect(calls["jobs.get"]).toBe(1);
  });

  it("costs one encoding a frame for many readers, and one read of the store at a time", async () => {
    const computePool = plainCompute();
    let reads = 0;
    const dependencies = await openDependencies({
      computePool,
      wrapStore: (store) => ({
        ...store,
        events: {
          read: (...args) => {
            reads++;
            return store.events.read(...args);
          },
        },
      }),
    });
    const { id } = await queueJob(dependencies);
    const readers = Array.from({ length: 200 }, () => collect(dependencies, id));
    await train(dependencies, id, Array(10).fill(5));
    for (const frames of await Promise.all(readers)) expectWhole(frames, 50);
    expect(computePool.encodings).toBe(10);
    // A wake-up costs a read that finds something and at most two that make sure there is no more, however many wait.
    expect(reads).toBeLessThanOrEqual(13 * 3);
  });

  it("ends with an end frame at the reader's place when the server drains", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    const drain = new AbortController();
    const stream = await open(dependencies, id, 0, drain.signal);
    expect((await stream.next()).value).toMatchObject({ type: "state", seq: 1 });
    const next = stream.next();
    drain.abort(DRAINING);
    expect(parseFrame((await next).value as Frame)).toEqual({
      type: "end",
      job: id,
      seq: 1,
      state: "queued",
      reason: "draining",
      model: null,
      error: null,
    });
    expect((await stream.next()).done).toBe(true);
  });

  it("ends without a word when the reader goes, and forgets them", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    const gone = new AbortController();
    const frames = await open(dependencies, id, 0, gone.signal);
    expect((await frames.next()).value).toMatchObject({ type: "state", seq: 1 });
    const next = frames.next();
    gone.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("ends at once for who has seen everything, and tells the error of a failed job", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await dependencies.queue.claim();
    const error = { code: "diverged", detail: "the loss is NaN", epoch: 3 } as const;
    await dependencies.store.jobs.finish(id, 1, 9, error.detail, { state: "failed", metrics: null, error });
    expect(await collect(dependencies, id, 3)).toEqual([
      { type: "end", job: id, seq: 3, state: "failed", reason: error.detail, model: null, error },
    ]);
    expect(await collect(dependencies, id, 99)).toMatchObject([{ type: "end", seq: 3 }]);
  });

  it("ends without a word when the job is deleted before all of it was read", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await train(dependencies, id, Array(100).fill(1));
    const stream = await open(dependencies, id);
    expect((await stream.next()).value).toMatchObject({ seq: 1 });
    await remove(dependencies, id);
    let last = 1;
    for await (const { type, seq } of stream) {
      expect(type).not.toBe("end");
      last = seq;
    }
    expect(last).toBeLessThan(103);
  });

  it("does not know an unknown job", async () => {
    await expect(collect(await openDependencies(), "job_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("history", () => {
  it("pages through the frames that a stream would send", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await train(dependencies, id, Array(10).fill(3));
    const streamed = (await collect(dependencies, id)).filter(({ type }) => type !== "end");
    const paged: WireFrame[] = [];
    let after = 0;
    for (let more = true; more; ) {
      const { frames, hasMore, nextAfter } = await readEvents(dependencies, id, { after, limit: 4 });
      expect(frames.length).toBe(Math.min(4, 13 - after));
      paged.push(...frames.map(parseFrame));
      after = nextAfter;
      more = hasMore;
    }
    expect(paged).toEqual(streamed);
    expect(await readEvents(dependencies, id, { after: 13, limit: 4 })).toEqual({ frames: [], hasMore: false, nextAfter: 13 });
    await expect(readEvents(dependencies, "job_none", { after: 0, limit: 1 })).rejects.toMatchObject({ code: "not_found" });
  });

  it("reads a range of epochs, whole or thinned", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await train(dependencies, id, Array(10).fill(100));
    const read = async (from: number, to: number | undefined, points: number) => {
      const { json, ...counts } = await readMetrics(dependencies, id, { from, to, points });
      return { ...counts, ...(JSON.parse(`{${new TextDecoder().decode(json)}}`) as { epochs: number[] }) };
    };
    expect(await read(1, undefined, 5000)).toMatchObject({
      from: 1,
      to: 1000,
      total: 1000,
      returned: 1000,
      epochs: oneTo(1000),
    });
    expect(await read(150, 152, 10)).toMatchObject({ from: 150, to: 152, total: 3, returned: 3, epochs: [150, 151, 152] });
    const thinned = await read(1, 5000, 50);
    expect(thinned).toMatchObject({ from: 1, to: 1000, total: 1000 });
    expect(thinned.returned).toBe(thinned.epochs.length);
    expect(thinned.returned).toBeLessThanOrEqual(50);
    expect(await read(2000, undefined, 10)).toMatchObject({ from: 2000, to: 1999, total: 0, returned: 0, epochs: [] });
    await expect(readMetrics(dependencies, "job_none", { from: 1, points: 2 })).rejects.toMatchObject({ code: "not_found" });
  });
});
