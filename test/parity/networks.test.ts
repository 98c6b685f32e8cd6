/** Networks of every layer, trained by PyTorch in train() and eval() by turns: the same numbers from the same weights. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Series } from "../../src/domain/metrics/metric.ts";
import { unpackTensors } from "../../src/domain/tensor.ts";
import { createPredictor } from "../../src/training/predict/predict.ts";
import { modelRecord, train } from "../training/train.ts";
import { relativeError } from "./golden-runs.ts";

interface Case {
  readonly name: string;
  readonly job: { readonly data: { readonly inline: { readonly features: number[][] } } };
  readonly series: Record<"loss" | "val_loss" | "lr", number[]>;
  readonly final: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly outputs: { readonly shape: [number, number]; readonly data: number[] };
}

const { cases } = JSON.parse(readFileSync(new URL("../fixtures/networks/networks.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

describe.each(cases)("$name, as PyTorch trains it", ({ job, series, final, outputs }) => {
  const run = train(job);
  if (run.result.state !== "succeeded") throw new Error(`it ended ${JSON.stringify(run.result)}`);
  const { model, weights } = run.result;

  it("has the same losses and learning rates at every epoch, to 1e-5", () => {
    for (const [name, expected] of Object.entries(series)) {
      const actual = run.series[name as Series] ?? [];
      expect(actual, name).toHaveLength(expected.length);
      expected.forEach((value, epoch) => {
        expect(relativeError(actual[epoch] as number, value), `${name} of epoch ${epoch + 1}`).toBeLessThan(1e-5);
      });
    }
  });

  it("ends with the same weights and running statistics, in the order of its state_dict", () => {
    const ours = unpackTensors(weights);
    expect(model.weights.map(({ name, shape }) => [name, shape])).toEqual(
      Object.entries(final).map(([name, { shape }]) => [name, shape]),
    );
    for (const [name, { data }] of Object.entries(final)) {
      data.forEach((value, index) => {
        expect(Math.abs((ours.get(name)?.[index] as number) - value), `${name}[${index}]`).toBeLessThan(
          1e-4 * Math.max(1, Math.abs(value)),
        );
      });
    }
  });

  it("predicts the same, to 1e-4", () => {
    const predicted = createPredictor(modelRecord(model), weights).predict(job.data.inline.features);
    if (!predicted.ok) throw new Error("the rows were refused");
    const [, width] = outputs.shape;
    predicted.predictions.forEach((prediction, row) => {
      const expected = outputs.data.slice(row * width, (row + 1) * width);
      const actual =
        "value" in prediction ? [prediction.value].flat() : Object.values(prediction.probabilities).slice(width === 1 ? 1 : 0);
      activated(expected, model.activation).forEach((value, column) => {
        expect(Math.abs((actual[column] as number) - value), `row ${row}`).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
      });
    });
  });
});

function activated(output: number[], activation: string): number[] {
  if (activation === "sigmoid") return output.map((value) => 1 / (1 + Math.exp(-value)));
  if (activation === "none") return output;
  const exponentials = output.map(Math.exp);
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}
