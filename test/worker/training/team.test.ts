/** Jobs that several threads train: the bits of one, stopped and resumed at another number, cores for others, threads that die. */
import { afterEach, describe, expect, it } from "vitest";
import type { NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../../src/domain/metrics/metric.ts";
import type { TrainingPool, TrainingResult, TrainingRun } from "../../../src/domain/ports.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { createTrainingPool, type TrainingPoolOptions } from "../../../src/worker/training/training-pool.ts";
import { jobRecord, prepare } from "../../training/train.ts";

/** A job of long steps with everything that draws, clips, keeps statistics or validates. */
const SPEC = {
  data: { generator: { type: "blobs", samples: 3000, features: 100, classes: 4, seed: 3 } },
  model: {
    layers: [
      { type: "linear", units: 256 },
      { type: "batch_norm" },
      "relu",
      { type: "dropout", p: 0.2 },
      { type: "linear", units: 200 },
      "tanh",
      { type: "linear" },
    ],
  },
  split: { validation: 0.2 },
  optimizer: { type: "adamw", lr: 0.001 },
  clip_grad: { type: "norm", max_norm: 1 },
  batch_size: 512,
  epochs: 12,
  early_stopping: null,
  seed: 5,
};

interface Seen {
  readonly result: TrainingResult;
  readonly checkpoints: readonly NewCheckpoint[];
}

describe("a job on several threads", () => {
  let pool: TrainingPool | null = null;
  const bugs: unknown[] = [];
  const open = (size: number, options: Partial<TrainingPoolOptions> = {}): TrainingPool => {
    bugs.length = 0;
    pool = createTrainingPool({
      size,
      heartbeatMs: parseConfig({}).heartbeatMs,
      onBug: (error) => bugs.push(error),
      ...options,
    });
    return pool;
  };
  afterEach(async () => {
    await pool?.close();
  });

  const runOf = (spec: object, checkpoint: TrainingRun["checkpoint"] = null): TrainingRun => {
    const prepared = prepare(spec);
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
    return { job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint };
  };
  const never = new AbortController().signal;
  const trainOn = async (on: TrainingPool, run: TrainingRun, stopAfter = Number.POSITIVE_INFINITY): Promise<Seen> => {
    const checkpoints: NewCheckpoint[] = [];
    const stop = new AbortController();
    const result = await on.train(run, {
      signal: never,
      stop: stop.signal,
      onEpochs: async ({ to }: MetricChunk) => {
        if (to >= stopAfter) stop.abort("pause");
      },
      onCheckpoint: async (checkpoint) => void checkpoints.push(checkpoint),
    });
    return { result, checkpoints };
  };
  const shaOf = ({ result }: Seen) => {
    if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
    return result.model.sha256;
  };

  it("has the weights of one thread, also when it goes on at another number", { timeout: 120_000 }, async () => {
    const alone = shaOf(await trainOn(open(1), runOf(SPEC)));
    await pool?.close();
    const several = open(3);
    expect(shaOf(await trainOn(several, runOf(SPEC)))).toBe(alone);
    expect(shaOf(await trainOn(several, runOf({ ...SPEC, threads: 2 })))).toBe(alone);
    const paused = await trainOn(several, runOf(SPEC), 4);
    expect(paused.result.state).toBe("stopped");
    const last = paused.checkpoints.at(-1) as NewCheckpoint;
    const from = { ...last, id: "ckpt_x" } as unknown as NonNullable<TrainingRun["checkpoint"]>;
    expect(shaOf(await trainOn(several, runOf({ ...SPEC, threads: 1 }, from)))).toBe(alone);
    expect(bugs).toEqual([]);
  });

  it("dies with a thread that helps it, and can be tried again", { timeout: 60_000 }, async () => {
    const dying = open(2, { memberEntry: new URL("./dying-member.ts", import.meta.url) });
    await expect(trainOn(dying, runOf({ ...SPEC, epochs: 100_000 }))).rejects.toThrow(
      "the training thread lost one of the threads that trained with it",
    );
  });

  it("goes on alone when a thread that should help it cannot start", { timeout: 60_000 }, async () => {
    const missing = open(2, { memberEntry: new URL("./no-such-thread.ts", import.meta.url) });
    const { result } = await trainOn(missing, runOf(SPEC));
    expect(result.state).toBe("succeeded");
    expect(bugs).toHaveLength(1);
  });

  it("gives a core to a job that starts, and has it back when that ends", { timeout: 60_000 }, async () => {
    const threads: number[] = [];
    let seen = Promise.withResolvers<void>();
    const channel = new BroadcastChannel("threads of a team");
    channel.onmessage = (event) => {
      threads.push((event as { data: number }).data);
      seen.resolve();
      seen = Promise.withResolvers();
    };
    const until = async (count: number) => {
      while (threads.length < count) await seen.promise;
    };
    try {
      const two = open(2, { memberEntry: new URL("./watching-member.ts", import.meta.url) });
      const [long, second] = [new AbortController(), new AbortController()];
      const endless = { ...SPEC, epochs: 100_000 };
      const start = ({ signal }: AbortController) =>
        two.train(runOf(endless), {
          signal,
          stop: never,
          onEpochs: async () => undefined,
          onCheckpoint: async () => undefined,
        });
      const first = start(long);
      await until(1);
      const other = start(second);
      await until(2);
      second.abort();
      expect((await other).state).toBe("cancelled");
      await until(3);
      long.abort();
      await first;
      expect(threads.slice(0, 3)).toEqual([2, 1, 2]);
    } finally {
      channel.close();
    }
  });

  it("is cancelled as fast as one with one thread", { timeout: 60_000 }, async () => {
    const abort = new AbortController();
    const several = open(3);
    let began = 0;
    const result = await several.train(runOf({ ...SPEC, epochs: 100_000 }), {
      signal: abort.signal,
      stop: never,
      onEpochs: async ({ to }) => {
        if (to < 10 || abort.signal.aborted) return;
        began = performance.now();
        abort.abort();
      },
      onCheckpoint: async () => undefined,
    });
    expect(result.state).toBe("cancelled");
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
