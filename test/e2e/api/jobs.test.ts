/** Jobs on the real server: determinism, cancelling, queueing, divergence, refusals. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec } from "../../../src/client/answers.ts";
import { ApiError, type ProblemDocument } from "../../../src/client/error.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer({ workers: 2 });
});
afterAll(async () => {
  await server.giveBack();
});

const MOONS: JobSpec = {
  name: "moons",
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "dropout", p: 0.1 }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.01 },
  batch_size: 32,
  epochs: 300,
  seed: 11,
};

/** Trains for hours: only cancelling ends it. */
const ENDLESS: JobSpec = { ...MOONS, name: "endless", epochs: 100_000_000 };

/** One epoch of it takes longer than anybody waits. */
const LONG_EPOCH: JobSpec = {
  ...MOONS,
  name: "long-epoch",
  data: { generator: { type: "moons", samples: 100_000 } },
  model: {
    layers: [
      { type: "linear", units: 256 },
      { type: "tanh" },
      { type: "linear", units: 256 },
      { type: "tanh" },
      { type: "linear" },
    ],
  },
  batch_size: null,
  epochs: 1000,
};

/** Its steps are long enough to be shared by threads. */
const WIDE: JobSpec = {
  name: "wide",
  data: { generator: { type: "blobs", samples: 2048, features: 100, classes: 4, seed: 3 } },
  model: {
    layers: [
      { type: "linear", units: 256 },
      { type: "batch_norm" },
      { type: "relu" },
      { type: "dropout", p: 0.2 },
      { type: "linear", units: 256 },
      { type: "tanh" },
      { type: "linear" },
    ],
  },
  optimizer: { type: "adamw", lr: 0.001 },
  clip_grad: { type: "norm", max_norm: 1 },
  batch_size: 512,
  epochs: 12,
  seed: 5,
};

const shaOf = async (spec: JobSpec) => (await server.client.wait((await server.client.submit(spec)).id)).model?.sha256;

const problemOf = async (request: Promise<unknown>): Promise<ProblemDocument> => {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected a problem, not ${String(error)}`);
  return error.problem;
};

async function running(spec: JobSpec): Promise<string> {
  const { id } = await server.client.submit(spec);
  for await (const frame of server.client.watch(id)) if (frame.type === "state" && frame.state === "running") break;
  return id;
}

describe("the same job", () => {
  it("gives the same weights to the bit, alone or beside another", async () => {
    const other = { ...MOONS, seed: 12 };
    const [alone, otherAlone] = [await shaOf(MOONS), await shaOf(other)];
    const together = await Promise.all([shaOf(MOONS), shaOf(other)]);
    expect(alone).toMatch(/^[0-9a-f]{64}$/);
    expect(alone).not.toBe(otherAlone);
    expect(together).toEqual([alone, otherAlone]);
  });
});

describe("threads", () => {
  it("change neither the weights nor the receipt, and are paused and resumed at another number", async () => {
    const modelOf = async (spec: JobSpec) => {
      const { model } = await server.client.wait((await server.client.submit(spec)).id);
      return (await server.client.model(model?.id ?? "")) as { readonly sha256: string; readonly receipt: unknown };
    };
    const alone = await modelOf({ ...WIDE, threads: 1 });
    for (const threads of [2, null]) {
      const { sha256, receipt } = await modelOf({ ...WIDE, threads });
      expect(sha256).toBe(alone.sha256);
      expect(receipt).toEqual(alone.receipt);
    }
    // Another job takes the second core when the first has been paused, so that it goes on with one.
    const id = await running({ ...WIDE, threads: 2 });
    await server.client.pause(id);
    await expect.poll(async () => (await server.client.job(id)).state).toBe("paused");
    const other = await running(ENDLESS);
    await server.client.resume(id);
    expect((await server.client.wait(id)).model?.sha256).toBe(alone.sha256);
    await server.client.cancel(other);
    await server.client.wait(other);
  });

  it("are between 1 and 64", async () => {
    for (const threads of [0, 65, 1.5]) {
      const { code, errors } = await problemOf(server.client.submit({ ...WIDE, threads }));
      expect(code).toBe("invalid");
      expect(errors?.[0]?.pointer).toBe("/threads");
    }
  });
});

describe("cancelling", () => {
  it.each([
    ["a long job", ENDLESS],
    ["a job in the middle of a long epoch", LONG_EPOCH],
  ])("ends %s and keeps what it has done", async (_, spec) => {
    const id = await running(spec);
    const cancelled = await server.client.cancel(id);
    expect(["cancelling", "cancelled"]).toContain(cancelled.state);
    const job = await server.client.wait(id);
    expect(job).toMatchObject({ state: "cancelled", model: null });
    expect((await server.client.metrics(id)).total).toBe(job.epochs_done);
    expect((await problemOf(server.client.cancel(id))).code).toBe("conflict");
  });
});

describe("the queue", () => {
  it("tells a job its place, and gives it the next free worker", async () => {
    const busy = [await running(ENDLESS), await running({ ...ENDLESS, seed: 2 })];
    const first = await server.client.submit(MOONS);
    const second = await server.client.submit(MOONS);
    expect(first.queue).toEqual({ position: 1, jobs_ahead: 0 });
    expect(second.queue).toEqual({ position: 2, jobs_ahead: 1 });
    await server.client.cancel(second.id);
    await server.client.cancel(busy[0] ?? "");
    expect((await server.client.wait(first.id)).state).toBe("succeeded");
    expect((await server.client.job(second.id)).state).toBe("cancelled");
    await server.client.cancel(busy[1] ?? "");
    await server.client.wait(busy[1] ?? "");
  });
});

describe("a job that diverges", () => {
  it("fails at the epoch at which its loss is no number, and keeps its metrics", async () => {
    const spec: JobSpec = {
      ...MOONS,
      data: { generator: { type: "linear", samples: 50 } },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "sgd", lr: 1e6 },
      batch_size: null,
      epochs: 1000,
    };
    const job = await server.client.wait((await server.client.submit(spec)).id);
    expect(job).toMatchObject({
      state: "failed",
      model: null,
      error: { code: "diverged", divergence: { first: { part: "loss", type: "mse", result: "Infinity" } } },
    });
    const { series, epochs } = await server.client.metrics(job.id, { points: 1000 });
    expect(epochs.at(-1)).toBe(job.error?.epoch);
    expect(["NaN", "Infinity"]).toContain(series.loss?.at(-1));
    expect(series.loss?.slice(0, -1).every((loss) => typeof loss === "number")).toBe(true);
    expect(job.metrics?.final.loss).toBe(series.loss?.at(-1));
  });
});

describe("a replayed step", () => {
  it("has the weights of a job that ends there, and of the model at the end; others are refused", async () => {
    const { client } = server;
    const train = async (epochs: number) => client.wait((await client.submit({ ...MOONS, epochs })).id);
    const [short, long] = [await train(7), await train(30)];
    const stepsPerEpoch = (await client.replay(long.id, { step: 0 })).steps_per_epoch;
    const middle = await client.replay(long.id, {
      step: 7 * stepsPerEpoch,
      ask: ["gradients", "activations", "loss_by_row"],
    });
    expect(middle).toMatchObject({ epoch: 7, step_of_epoch: 0, sha256: short.model?.sha256 });
    expect(middle.activations).toHaveLength(MOONS.model && "layers" in MOONS.model ? MOONS.model.layers.length : 0);
    expect((await client.replay(long.id, { step: 30 * stepsPerEpoch })).sha256).toBe(long.model?.sha256);
    await expect(client.replay(long.id, { step: 31 * stepsPerEpoch })).rejects.toMatchObject({ problem: { status: 422 } });
  });
});

describe("a spec that cannot be", () => {
  const inline = (features: unknown, targets: unknown, rest: object = {}): JobSpec =>
    ({ data: { inline: { features, targets } }, model: { layers: [{ type: "linear" }] }, ...rest }) as JobSpec;

  it.each([
    ["a number over float32", inline([[1e39]], [1]), "/data/inline/features/0/0"],
    ["ragged rows", inline([[1, 2], [3]], [1, 2]), "/data/inline/features/1"],
    ["no rows", inline([], []), "/data/inline/features"],
    ["fewer targets than rows", inline([[1], [2]], [1]), "/data/inline/targets"],
    ["a field that is not one", { ...MOONS, epoch: 3 } as JobSpec, "/epoch"],
    ["an unknown layer", { ...MOONS, model: { layers: [{ type: "wavelet" }] } } as unknown as JobSpec, "/model/layers/0/type"],
    ["a batch size of 0", { ...MOONS, batch_size: 0 }, "/batch_size"],
  ])("is refused where it is wrong: %s", async (_, spec, pointer) => {
    const { status, code, errors = [] } = await problemOf(server.client.submit(spec));
    expect([status, code]).toEqual([422, "invalid"]);
    expect(errors.map((error) => error.pointer)).toContain(pointer);
  });

  it("is refused the same way when it is only validated", async () => {
    const spec = { ...MOONS, epochs: 0 };
    const refused = await problemOf(server.client.submit(spec));
    const invalid = await problemOf(server.client.validate(spec));
    expect(invalid.errors).toEqual(refused.errors);
  });
});
