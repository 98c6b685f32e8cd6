import { describe, expect, it } from "vitest";
import { datasetOf } from "../dataset.ts";
import { prepare, train } from "../train.ts";

const dataset = datasetOf({
  x: Array.from({ length: 60 }, (_, row) => Math.sin(row)),
  kind: Array.from({ length: 60 }, (_, row) => (Math.sin(row) + Math.cos(3 * row) > 0 ? "a" : "b")),
});
const job = {
  data: { dataset: { id: "ds_test", target: "kind" } },
  model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
};
const moons = { ...job, data: { generator: { type: "moons" } } };

function resolved(spec: object) {
  const prepared = prepare(spec, {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return prepared.spec.early_stopping;
}

describe("early stopping that a spec leaves out", () => {
  const common = { monitor: "val_loss", min_delta: 0, restore_best: true };
  it.each([
    ["has a patience of a tenth of the epochs on a data set", { ...job, epochs: 200 }, { ...common, patience: 20 }],
    ["has a patience of 10 at the least", { ...job, epochs: 5 }, { ...common, patience: 10 }],
    ["stays as it is given", { ...job, early_stopping: { patience: 3 } }, { ...common, patience: 3 }],
    ["is none where null says so", { ...job, early_stopping: null }, null],
    ["is none where nothing is held out", { ...job, split: null }, null],
    ["is none where only test rows are held out", { ...job, split: { validation: 0, test: 0.2 } }, null],
    ["is none for generated rows, held out or not", { ...moons, split: { validation: 0.2 } }, null],
  ])("%s", (_, spec, expected) => {
    expect(resolved(spec)).toEqual(expected);
  });

  it("ends a job that no longer improves, with the weights of its best epoch", () => {
    const { result, series } = train({ ...job, epochs: 300 }, { dataset });
    if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
    const losses = series.val_loss ?? [];
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(losses).toHaveLength(best + 30);
    expect(result.metrics.best.epoch).toBe(best);
  });
});
