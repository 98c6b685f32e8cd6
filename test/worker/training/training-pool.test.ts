import { afterEach, describe, expect, it } from "vitest";
import type { NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import type { Job } from "../../../src/domain/jobs/job.ts";
import type { MetricChunk } from "../../../src/domain/metrics/metric.ts";
import type { TrainingPool, TrainingRun } from "../../../src/domain/ports.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { MAX_PENDING_CHUNKS } from "../../../src/worker/protocol.ts";
import { createTrainingPool, type TrainingPoolOptions } from "../../../src/worker/training/training-pool.ts";
import { aCheckpoint, aChunk, aJob, largeTensors, someWeights } from "../../contract/fixtures.ts";
import { REAL_WORKER, replaceWorkers } from "../replace-workers.ts";

/** Nobody asks the run to stop, and nobody keeps its checkpoints. */
const UNSTOPPED = { onCheckpoint: async () => undefined, stop: new AbortController().signal };

describe("training threads", () => {
  let trainingPool: TrainingPool | null = null;
  const bugs: unknown[] = [];
  const open = (size = 1, options: Partial<TrainingPoolOptions> = {}): TrainingPool => {
    bugs.length = 0;
    trainingPool = createTrainingPool({
      size,
      heartbeatMs: parseConfig({}).heartbeatMs,
      ...options,
      entry: new URL("./fake-train.ts", import.meta.url),
      onBug: (error) => bugs.push(error),
    });
    return trainingPool;
  };
  afterEach(async () => {
    await trainingPool?.close();
  });

  const runOf = (behaviour: string, epochs = 100): TrainingRun => ({
    job: aJob(behaviour, epochs),
    payload: null,
    dataset: null,
    checkpoint: null,
  });
  const ignore = async () => undefined;
  const never = new AbortController().signal;

  it("hands on every chunk in order, then the result with its weights", async () => {
    const chunks: MetricChunk[] = [];
    const observer = { signal: never, ...UNSTOPPED, onEpochs: async (chunk: MetricChunk) => void chunks.push(chunk) };
    const result = await open().train(runOf("train", 95), observer);
    expect(chunks.map(({ from, to }) => [from, to])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index * 10 + 1, Math.min(index * 10 + 10, 95)]),
    );
    expect(chunks[9]).toEqual(aChunk(91, 95));
    expect(result).toMatchObject({ state: "succeeded", reason: "all epochs are done", weights: someWeights() });
  });

  it("goes on after the epochs that are stored", async () => {
    const chunks: MetricChunk[] = [];
    const job: Job = { ...aJob("train", 50), epochsDone: 30 };
    await open().train(
      { job, payload: null, dataset: null, checkpoint: null },
      { signal: never, ...UNSTOPPED, onEpochs: async (chunk) => void chunks.push(chunk) },
    );
    expect(chunks.map(({ from }) => from)).toEqual([31, 41]);
  });

  it("keep nothing of a run that is over", async () => {
    const pool = open();
    const observer = { signal: never, ...UNSTOPPED, onEpochs: ignore };
    const leftOpen = async () => (await pool.train(runOf("counts"), observer)).metrics?.final.loss;
    for (let run = 0; run < 20; run++) await leftOpen();
    await expect.poll(leftOpen).toBe(0);
  });

  it("gives the thread the payload", async () => {
    const payload = largeTensors(4096);
    const sum = payload.data.reduce((total, value) => total + value, 0);
    const result = await open().train(
      { job: aJob("sums"), payload, dataset: null, checkpoint: null },
      { signal: never, ...UNSTOPPED, onEpochs: ignore },
    );
    expect(result.metrics?.final.loss).toBe(sum);
  });

  it("lets a thread run only a few chunks ahead of those dealt with", async () => {
    const arrived: number[] = [];
    let release = Promise.withResolvers<void>();
    let first = Promise.withResolvers<void>();
    const abort = new AbortController();
    const onEpochs = async ({ from }: MetricChunk) => {
      arrived.push(from);
      first.resolve();
      await release.promise;
    };
    const running = open().train(runOf("chatty"), { signal: abort.signal, ...UNSTOPPED, onEpochs });
    await first.promise;
    // The thread is free to run ahead here; what it sends meanwhile is bounded, whenever we look.
    for (let round = 0; round < 3; round++) {
      const before = arrived.length;
      first = Promise.withResolvers<void>();
      const held = release;
      release = Promise.withResolvers<void>();
      held.resolve();
      await first.promise;
      expect(arrived.length).toBe(before + 1);
    }
    abort.abort();
    release.resolve();
    expect(await running).toMatchObject({ state: "cancelled" });
    // What was sent before the cancel is still handed on: the one in hand, those waiting, and one that the cancel set free.
    expect(arrived.length).toBeLessThanOrEqual(4 + MAX_PENDING_CHUNKS + 1);
    expect(arrived).toEqual(arrived.map((_, index) => index + 1));
  });

  it("cancels a run that works, with the metrics it has", async () => {
    const abort = new AbortController();
    const running = open(1, { cancelGraceMs: 30_000 }).train(runOf("endless"), {
      signal: abort.signal,
      ...UNSTOPPED,
      onEpochs: ignore,
    });
    abort.abort();
    expect(await running).toEqual({ state: "cancelled", metrics: { final: { loss: 1 }, best: { loss: 1, epoch: 1 } } });
  });

  it("cancels a run that does not listen, and trains on afterwards", async () => {
    const pool = open();
    const abort = new AbortController();
    const running = pool.train(runOf("deaf"), { signal: abort.signal, ...UNSTOPPED, onEpochs: ignore });
    abort.abort();
    expect(await running).toEqual({ state: "cancelled", metrics: null });
    expect(await pool.train(runOf("train"), { signal: never, ...UNSTOPPED, onEpochs: ignore })).toMatchObject({
      state: "succeeded",
    });
  });

  it("does not start a run that was cancelled before", async () => {
    const pool = open();
    expect(await pool.train(runOf("deaf"), { signal: AbortSignal.abort(), ...UNSTOPPED, onEpochs: ignore })).toMatchObject({
      state: "cancelled",
    });
  });

  it("rejects when the thread exits, after handing on what it had sent, and recovers", async () => {
    const pool = open();
    const chunks: number[] = [];
    const running = pool.train(runOf("exits"), {
      signal: never,
      ...UNSTOPPED,
      onEpochs: async ({ from }) => void chunks.push(from),
    });
    await expect(running).rejects.toThrow("the training thread exited with code 3");
    expect(chunks).toEqual([1, 6]);
    expect(await pool.train(runOf("train"), { signal: never, ...UNSTOPPED, onEpochs: ignore })).toMatchObject({
      state: "succeeded",
    });
  });

  it("fails the run and reports the bug when training throws", async () => {
    const result = await open().train(runOf("throws"), { signal: never, ...UNSTOPPED, onEpochs: ignore });
    expect(result).toMatchObject({ state: "failed", error: { code: "internal" } });
    expect(JSON.stringify(result)).not.toContain("a bug of training");
    expect(bugs).toMatchObject([{ message: "a bug of training" }]);
  });

  it("trains as many jobs at once as it has threads, each by itself", async () => {
    const pool = open(2);
    const abort = new AbortController();
    const endless = pool.train(runOf("endless"), { signal: abort.signal, ...UNSTOPPED, onEpochs: ignore });
    const quick = await pool.train(runOf("train"), { signal: never, ...UNSTOPPED, onEpochs: ignore });
    expect(quick.state).toBe("succeeded");
    abort.abort();
    expect((await endless).state).toBe("cancelled");
  });

  it("rejects when the thread runs out of memory, and recovers", async () => {
    const pool = open(1, { heapMb: 64 });
    await expect(pool.train(runOf("exhausts"), { signal: never, ...UNSTOPPED, onEpochs: ignore })).rejects.toThrow(
      "the training thread ran out of memory",
    );
    expect(await pool.train(runOf("train"), { signal: never, ...UNSTOPPED, onEpochs: ignore })).toMatchObject({
      state: "succeeded",
    });
  });

  it("hands on checkpoints after the epochs before them, and goes on from one", async () => {
    const pool = open();
    const news: string[] = [];
    const kept: NewCheckpoint[] = [];
    const observe = (stop: AbortController, until: number) => ({
      signal: never,
      stop: stop.signal,
      onEpochs: async ({ to }: MetricChunk) => void news.push(`epoch ${to}`),
      onCheckpoint: async (checkpoint: NewCheckpoint) => {
        news.push(`checkpoint ${checkpoint.epoch}`);
        kept.push(checkpoint);
        if (checkpoint.epoch >= until) stop.abort(until === 1 ? "pause" : undefined);
      },
    });
    expect(await pool.train(runOf("stoppable"), observe(new AbortController(), 1))).toEqual({
      state: "stopped",
      metrics: null,
    });
    for (const [index, line] of news.entries()) {
      const [kind, epoch] = line.split(" ");
      if (kind === "checkpoint") expect(news.indexOf(`epoch ${epoch}`)).toBeLessThan(index);
    }
    const last = kept.at(-1) as NewCheckpoint;
    expect(last).toEqual(aCheckpoint({ epoch: last.epoch, reason: "pause", model: last.model }));

    const job: Job = { ...aJob("stoppable"), epochsDone: last.epoch };
    const resumed = observe(new AbortController(), last.epoch + 1);
    expect(await pool.train({ ...runOf("stoppable"), job, checkpoint: last }, resumed)).toMatchObject({ state: "stopped" });
    expect(kept.at(-1)).toMatchObject({ reason: "stop" });
    const epochs = news.flatMap((line) => (line.startsWith("epoch ") ? [Number(line.slice(6))] : []));
    expect(epochs).toEqual(epochs.map((_, index) => index + 1));
  });

  it.each([
    ["traps", /^the training thread trapped: memory access out of bounds$/],
    ["allocates", /^the training thread ran out of memory$/],
  ])("rejects when the memory of a run fails: %s", async (behaviour, words) => {
    const pool = open();
    const observer = { signal: never, ...UNSTOPPED, onEpochs: ignore };
    await expect(pool.train(runOf(behaviour), observer)).rejects.toThrow(words);
    expect(await pool.train(runOf("train"), observer)).toMatchObject({ state: "succeeded" });
  });

  it("rejects when a thread shows no life for too long, and recovers", async () => {
    const started = Promise.withResolvers<void>();
    const pool = open(1, { heartbeatMs: 200, onThreads: (hasThreads) => hasThreads && started.resolve() });
    const observer = { signal: never, ...UNSTOPPED, onEpochs: ignore };
    await started.promise;
    await expect(pool.train(runOf("deaf"), observer)).rejects.toThrow("the training thread did not respond for 0.2 s");
    // The next thread takes longer than that to start: it is not this that is looked at here.
    await pool.close();
    expect(await open().train(runOf("train"), observer)).toMatchObject({ state: "succeeded" });
  });

  it("blames no thread for a run that none got in time", async () => {
    replaceWorkers(
      class extends REAL_WORKER {
        constructor() {
          super("setInterval(() => undefined, 1000)", { eval: true });
        }
      },
    );
    const pool = open(1, { heartbeatMs: 100 });
    const observer = { signal: never, ...UNSTOPPED, onEpochs: ignore };
    await expect(pool.train(runOf("train"), observer)).rejects.toThrow("no training thread was there for 0.1 s");
  });
});
