import { describe, expect, it } from "vitest";
import type { Model } from "../../../src/domain/models/model.ts";
import { rowMultiplyAdds } from "../../../src/training/predict/row-work.ts";
import { createInlinePredictors, createPredict } from "../../../src/worker/compute/predict.ts";
import { createPredictionCounting } from "../../../src/worker/compute/prediction-counts.ts";
import { aModel } from "../../contract/fixtures.ts";

/** A model with these layers, as far as its cost depends on it. */
const modelWith = (layers: unknown[], inputWidth: number, parameters: number) =>
  ({ ...aModel("job_a"), preprocessing: null, layers, inputWidth, parameters }) as unknown as Model;

describe("a prediction on the event loop", () => {
  const tasks: string[] = [];
  const predict = createPredict({
    maxRows: 1000,
    run: async <Result>(name: string): Promise<Result> => {
      tasks.push(name);
      return { ok: true, predictions: [], remarks: [] } as Result;
    },
    predictors: createInlinePredictors(true),
    counting: createPredictionCounting(true),
    multiplyAdds: rowMultiplyAdds,
  });

  it("is left to a thread where few weights are used at many places", async () => {
    const convolution = { type: "conv2d", out_channels: 8, kernel_size: 3, stride: 1, padding: 1, bias: true };
    const layers = [{ type: "reshape", shape: [1, 64, 64] }, convolution, convolution, { type: "flatten" }];
    const model = modelWith(layers, 4096, 700);
    expect(rowMultiplyAdds(model)).toBeGreaterThan(1_000_000);
    expect(predict.now(model, [[0]])).toBeNull();
    await predict.rows(model, [[0]], () => Promise.reject(new Error("not asked for")));
    expect(tasks).toEqual(["predictRows"]);
  });
});
