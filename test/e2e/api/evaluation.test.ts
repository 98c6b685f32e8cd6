/** A network of many layers on the real server: trained, evaluated, exported and used again. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec } from "../../../src/client/answers.ts";
import { ApiError } from "../../../src/client/error.ts";
import type { ClassEvaluation } from "../../../src/domain/models/evaluation.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer();
});
afterAll(async () => {
  await server.giveBack();
});

/** Images of 4 x 4 whose bright half says the class. */
const features = Array.from({ length: 90 }, (_, row) =>
  Array.from({ length: 16 }, (_, pixel) => Math.sin(row * 31 + pixel * 7) + (Math.floor(pixel / 8) === row % 2 ? 1.5 : 0)),
);

const IMAGES: JobSpec = {
  name: "images",
  task: "binary_classification",
  data: { inline: { features, targets: features.map((_, row) => row % 2) } },
  split: { validation: 0.2, test: 0.2 },
  model: {
    layers: [
      { type: "reshape", shape: [1, 4, 4] },
      { type: "conv2d", out_channels: 4, kernel_size: 3, padding: 1 },
      { type: "batch_norm" },
      { type: "mish" },
      { type: "max_pool", kernel_size: 2 },
      { type: "flatten" },
      { type: "residual", layers: [{ type: "layer_norm" }, { type: "linear" }, { type: "selu" }] },
      { type: "linear" },
    ],
  },
  optimizer: { type: "nadam", lr: 0.01 },
  scheduler: {
    type: "sequential",
    schedules: [
      { type: "linear_lr", start_factor: 0.1, total_iters: 3 },
      { type: "cosine_annealing_lr", t_max: 17 },
    ],
    milestones: [3],
  },
  metrics: ["accuracy", "f1"],
  early_stopping: { monitor: "val_f1", patience: 20 },
  epochs: 20,
  batch_size: 16,
};

/** Names in the header of a safetensors file, which its first eight bytes measure. */
function tensorNames(bytes: Uint8Array<ArrayBuffer>): string[] {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return Object.keys(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))));
}

describe("a convolutional network", () => {
  it("is evaluated on every part, exported with its running statistics, and predicts", async () => {
    const job = await server.client.wait((await server.client.submit(IMAGES)).id);
    expect(job).toMatchObject({ state: "succeeded", metrics: { final: { val_f1: expect.any(Number) } } });
    const model = await server.client.model(job.model?.id ?? "");
    const parts = [model.evaluation?.train, model.evaluation?.validation, model.evaluation?.test] as ClassEvaluation[];
    expect(parts.map(({ rows }) => rows)).toEqual([54, 18, 18]);
    expect(parts[2]?.accuracy).toBeGreaterThan(0.8);
    expect(parts[2]?.confusion_matrix?.flat().reduce((a, b) => a + b, 0)).toBe(18);
    expect(model.evaluation?.importance?.columns).toHaveLength(16);
    expect((await server.client.models()).data[0]).toMatchObject({ id: model.id, evaluation: null });
    const names = tensorNames(await server.client.weights(model.id));
    expect(names).toEqual(expect.arrayContaining(["1.weight", "2.running_mean", "2.running_var", "6.layers.1.weight"]));
    const predictions = await server.client.predict(model.id, features);
    const right = predictions.filter((prediction, row) => "label" in prediction && prediction.label === String(row % 2));
    expect(right.length / features.length).toBeGreaterThan(0.8);
  });

  it("that cannot be is refused at the layer that does not fit", async () => {
    const layers: Extract<JobSpec["model"], { layers: unknown }>["layers"] = [
      { type: "conv2d", out_channels: 4, kernel_size: 3 },
      { type: "linear" },
    ];
    const refusal = await server.client.validate({ ...IMAGES, model: { layers } }).catch((error: unknown) => error);
    if (!(refusal instanceof ApiError)) throw new Error("it was not refused");
    expect(refusal.problem).toMatchObject({
      status: 422,
      errors: [
        { pointer: "/model/layers/0", detail: "conv2d takes [channels, height, width], not [16]: put a reshape before it" },
      ],
    });
  });
});
