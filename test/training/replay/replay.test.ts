import { describe, expect, it } from "vitest";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import type { NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import type { ReplayAsk, ReplayRequest } from "../../../src/domain/jobs/replay.ts";
import { ENGINE_VERSION } from "../../../src/engine/index.ts";
import { replaySize, replayStep } from "../../../src/training/replay/replay.ts";
import { datasetOf } from "../dataset.ts";
import { jobRecord, prepare, train } from "../train.ts";

const ALL: readonly ReplayAsk[] = ["gradients", "activations", "loss_by_row"];
const layers = [
  { type: "linear", units: 8 },
  { type: "batch_norm" },
  { type: "relu" },
  { type: "dropout", p: 0.2 },
  { type: "linear" },
];
const batches = {
  data: { generator: { type: "moons", samples: 50, seed: 7 } },
  model: { layers },
  optimizer: { type: "adam", lr: 0.05 },
  scheduler: { type: "exponential_lr", gamma: 0.9 },
  batch_size: 8,
  epochs: 6,
  split: { validation: 0.2 },
  seed: 3,
};
const STEPS = 5;

function runOf(spec: object, checkpoint: NewCheckpoint | null = null, dataset: DatasetRows | null = null) {
  const prepared = prepare(spec, {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return { job: jobRecord(prepared, 0), payload: prepared.payload, dataset, checkpoint };
}

/** A replay of a job of which nothing says which version of the engine trained it. */
const replayOf = (run: Parameters<typeof replayStep>[0], request: ReplayRequest) =>
  replayStep(run, { ...request, trainedBy: null });

const weightsOf = (spec: object): string => {
  const { result } = train(spec);
  if (result.state !== "succeeded") throw new Error(`it ${result.state}`);
  return result.model.sha256;
};

describe("a replayed step", () => {
  it("has the weights of a run that ends there, of mini-batches and of full ones", () => {
    for (const spec of [batches, { ...batches, batch_size: null, epochs: 40 }]) {
      const { stepsPerEpoch } = replaySize(runOf(spec));
      for (const epochs of [1, 4])
        expect(replayOf(runOf(spec), { step: epochs * stepsPerEpoch, ask: [] }).sha256).toBe(weightsOf({ ...spec, epochs }));
    }
  });

  it("has the weights of a checkpoint within an epoch, and is the same from that checkpoint as from the start", () => {
    const checkpoints: NewCheckpoint[] = [];
    // Where a stop falls depends on how many steps go into a call: some fall within an epoch.
    for (let asked = 1; asked <= 12; asked++) {
      const [checkpoint] = train(batches, { stopAt: (count) => count >= asked }).checkpoints;
      if (checkpoint) checkpoints.push(checkpoint);
    }
    expect(checkpoints.some(({ step }) => step > 0)).toBe(true);
    for (const checkpoint of checkpoints) {
      const step = checkpoint.epoch * STEPS + checkpoint.step;
      expect(replayOf(runOf(batches), { step, ask: [] }).sha256).toBe(checkpoint.model.sha256);
      const later = { step: 27, ask: ALL };
      expect(replayOf(runOf(batches, checkpoint), later)).toEqual({
        ...replayOf(runOf(batches), later),
        ...{ from_step: step, engine_version: ENGINE_VERSION },
      });
    }
  });

  it("is of the engine that trained the job, or is refused with the cure, whatever it starts from", () => {
    const start = { step: 0, ask: [] };
    expect(replayStep(runOf(batches), { ...start, trainedBy: ENGINE_VERSION }).engine_version).toBe(ENGINE_VERSION);
    expect(replayOf(runOf(batches), start).engine_version).toBeNull();
    const [checkpoint] = train(batches, { stopAt: (count) => count >= 5 }).checkpoints as [NewCheckpoint];
    const later = { step: 29, ask: [] };
    expect(replayOf(runOf(batches, checkpoint), later).engine_version).toBe(ENGINE_VERSION);
    const progress = JSON.stringify({ ...JSON.parse(checkpoint.progress), engine: "1" });
    const refused = { code: "conflict", message: expect.stringMatching(/version 1 of the engine.*Submit its spec again/) };
    expect(() => replayOf(runOf(batches, { ...checkpoint, progress }), later)).toThrow(expect.objectContaining(refused));
    expect(() => replayStep(runOf(batches), { ...start, trainedBy: "1" })).toThrow(expect.objectContaining(refused));
  });

  it("follows a schedule that watches the held-out rows", () => {
    const scheduler = { type: "reduce_lr_on_plateau", patience: 0, threshold: 1 };
    const spec = { ...batches, scheduler };
    expect(replayOf(runOf(spec), { step: 5 * STEPS, ask: [] }).sha256).toBe(weightsOf({ ...spec, epochs: 5 }));
  });

  it("has gradients of its loss by finite differences of the bias, activations by layer, and losses of rows whose mean is the loss", () => {
    const spec = (bias: number) => ({
      data: { inline: { features: [[1], [2], [4]], targets: [1, 0, 2] } },
      task: "regression",
      model: { layers: [{ type: "linear", init: { weight: "ones", bias: { type: "constant", value: bias } } }] },
      epochs: 1,
    });
    const at = (bias: number) => replayOf(runOf(spec(bias)), { step: 0, ask: ALL });
    const { loss, gradients, activations, loss_by_row } = at(0);
    // Residuals 0, 2, 2.
    expect(loss).toBeCloseTo(8 / 3, 6);
    expect(loss_by_row?.rows).toEqual([0, 1, 2]);
    loss_by_row?.losses.forEach((each, row) => {
      expect(each).toBeCloseTo([0, 4, 4][row] as number, 5);
    });
    expect(activations?.[0]).toMatchObject({ name: "0", shape: [3, 1], values: [1, 2, 4], min: 1, max: 4, zeros: 0 });
    // Thirds of the way from 1 to 4 are bins 0, 10 and, of the greatest, the last.
    expect(activations?.[0]?.histogram.flatMap((count, bin) => (count > 0 ? [[bin, count]] : []))).toEqual([
      [0, 1],
      [10, 1],
      [31, 1],
    ]);
    const slope = (Number(at(0.125).loss) - Number(at(-0.125).loss)) / 0.25;
    const [weight, bias] = gradients ?? [];
    expect(Number(bias?.values?.[0])).toBeCloseTo(slope, 4);
    expect(Number(weight?.values?.[0])).toBeCloseTo((2 * (2 * 2 + 2 * 4)) / 3, 4);
  });

  it("has losses of weighted rows whose mean is the loss", () => {
    const table = datasetOf({ x: [1, 2], y: [1, 0], w: [1, 9] });
    const data = { dataset: { id: "dst_x", target: "y", weights: "w" } };
    const layers = [{ type: "linear", init: { weight: "ones", bias: "zeros" } }];
    const spec = { data, model: { layers }, epochs: 1 };
    const replay = replayOf(runOf(spec, null, table), { step: 0, ask: ["loss_by_row"] });
    const losses = replay.loss_by_row?.losses.map(Number) as number[];
    expect(((losses[0] as number) + (losses[1] as number)) / 2).toBeCloseTo(Number(replay.loss), 5);
    expect(losses[0]).not.toBeCloseTo(losses[1] as number, 3);
  });

  it("asks about fewer rows where a network would take too much memory for all", () => {
    const targets = Array.from({ length: 480 }, (_, row) => row % 3);
    const image = (height: number, units: number) => ({
      ...batches,
      data: {
        inline: {
          features: Array.from({ length: 480 }, (_, row) => Array.from({ length: 64 }, (_, x) => (row * x) % 7)),
          targets,
        },
      },
      task: "regression",
      model: {
        layers: [
          { type: "reshape", shape: [1, 8, 8] },
          ...Array.from({ length: height }, () => ({ type: "conv2d", out_channels: units, kernel_size: 3, padding: 1 })),
          { type: "flatten" },
          { type: "linear" },
        ],
      },
    });
    const replay = replayOf(runOf(image(4, 64)), { step: 0, ask: ALL });
    expect(replay.rows).toBeLessThan(480);
    expect(replay.rows).toBeGreaterThan(1);
    expect(replay.loss_by_row?.losses).toHaveLength(replay.rows);
  });

  it("says of large tensors how large they are, and bounds its answer", () => {
    const wide = { ...batches, model: { layers: [{ type: "linear", units: 2000 }, { type: "relu" }, { type: "linear" }] } };
    const replay = replayOf(runOf(wide), { step: 3, ask: ALL });
    expect(replay.gradients?.[0]).toMatchObject({ name: "0.weight", shape: [2000, 2], values: null });
    expect(JSON.stringify(replay).length).toBeLessThan(200_000);
  });
});
