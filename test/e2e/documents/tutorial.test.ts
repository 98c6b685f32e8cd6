/** The tutorial's models from a body to a prediction, over HTTP, beside what PyTorch computed from the same initial weights. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../src/client/answers.ts";
import { type GoldenRun, readGolden, relativeError, specOf } from "../../parity/golden-runs.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer();
});
afterAll(async () => {
  await server.giveBack();
});

/** Float32 tensors by name out of a safetensors file. */
function readSafetensors(bytes: Uint8Array<ArrayBuffer>): Map<string, Float32Array> {
  const view = new DataView(bytes.buffer);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const { __metadata__: _, ...tensors } = header as Record<string, { data_offsets: [number, number] }>;
  return new Map(
    Object.entries(tensors).map(
      ([
        name,
        {
          data_offsets: [from, to],
        },
      ]) => [name, new Float32Array(bytes.slice(start + from, start + to).buffer)],
    ),
  );
}

describe.each(["linear", "logistic", "mlp", "mlp-tricks"])("the %s run of PyTorch, over HTTP", (name) => {
  const golden: GoldenRun = readGolden(name);
  const spec = { ...specOf(golden), name } as unknown as JobSpec;
  let job: Job;
  beforeAll(async () => {
    const { id } = await server.client.submit(spec);
    job = await server.client.wait(id);
  });

  it("succeeds", () => {
    expect(job).toMatchObject({ state: "succeeded", error: null, progress: 1, epochs_done: golden.epochs });
  });

  it("has the same loss, accuracy and learning rate at every epoch", async () => {
    const { series, returned } = await server.client.metrics(job.id, { points: golden.epochs });
    expect(returned).toBe(golden.epochs);
    golden.loss.forEach((loss, epoch) => {
      expect(relativeError(Number(series.loss?.[epoch]), loss), `loss of epoch ${epoch + 1}`).toBeLessThan(1e-4);
    });
    expect((series.accuracy ?? []).map((value) => Math.fround(Number(value)))).toEqual(golden.accuracy.map(Math.fround));
    golden.lr.forEach((lr, epoch) => void expect(Number(series.lr?.[epoch])).toBeCloseTo(lr, 12));
  });

  it("ends with the same weights, under the same names", async () => {
    const weights = readSafetensors(await server.client.weights(job.model?.id ?? ""));
    expect([...weights.keys()]).toEqual(Object.keys(golden.final));
    for (const [parameter, { data }] of Object.entries(golden.final)) {
      data.forEach((value, index) => {
        expect(Math.abs(Number(weights.get(parameter)?.[index]) - value), `${parameter}[${index}]`).toBeLessThan(1e-4);
      });
    }
  });

  it("predicts the same", async () => {
    const [rows, width] = golden.x.shape;
    const instances = Array.from({ length: rows }, (_, row) => golden.x.data.slice(row * width, (row + 1) * width));
    const predictions = await server.client.predict(job.model?.id ?? "", instances);
    predictions.forEach((prediction, row) => {
      const value = Number("value" in prediction ? prediction.value : prediction.probabilities["1"]);
      const error = Math.abs(value - (golden.prediction.data[row] ?? Number.NaN));
      expect(error, `row ${row}`).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
    });
  });
});
