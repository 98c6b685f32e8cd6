import { describe, expect, it } from "vitest";
import { architecture, FILE_METADATA, fileMetadata } from "../../src/domain/models/architecture.ts";
import type { TrainedModel } from "../../src/domain/ports.ts";
import { importModel } from "../../src/training/predict/import.ts";
import { createPredictor } from "../../src/training/predict/predict.ts";
import { limits, modelRecord, prepare, train } from "./train.ts";

const moons = {
  data: { generator: { type: "moons", samples: 240, noise: 0.4, seed: 7 } },
  epochs: 20,
  seed: 3,
};
const network = { model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }] } };
const search = { model: { auto: { trials: 3 } }, epochs: undefined };
const held = { split: { validation: 0.3, test: 0.2 } };

function finished(spec: object) {
  const { result } = train(spec);
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return result;
}

const refusal = (spec: object) => {
  const prepared = prepare(spec);
  return prepared.ok ? [] : prepared.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
};

describe("the decision of a job", () => {
  it.each([
    ["a regression", { data: { generator: { type: "linear" } }, ...network, decision: { threshold: 0.3 } }],
    ["three classes", { data: { generator: { type: "blobs" } }, ...network, decision: { maximize: "f1" } }],
    ["a search of three classes", { data: { generator: { type: "blobs" } }, decision: { maximize: "f1" } }],
  ])("is refused for %s", (_, spec) => {
    expect(refusal(spec)[0]).toMatch(/^\/decision is only for two classes/);
  });

  it("is refused where there are no rows to choose it on", () => {
    expect(refusal({ ...moons, ...network, decision: { maximize: "f1" } })).toEqual([
      "/decision is chosen on the validation part, but there is none: set split.validation, or give decision.threshold",
    ]);
    expect(refusal({ ...moons, ...network, decision: { threshold: 0.2 } })).toEqual([]);
  });

  it.each([[{ threshold: 1.2 }], [{ maximize: "auc" }], [{ cost: { false_positive: -1, false_negative: 1 } }], [{}]])(
    "is refused as %j",
    (decision) => {
      expect(refusal({ ...moons, ...network, ...held, decision })).not.toEqual([]);
    },
  );

  it("leaves the model as it was where it is left out", () => {
    expect(finished({ ...moons, ...network }).model).not.toHaveProperty("threshold");
  });

  it.each([
    ["one output", network],
    ["two outputs", { ...network, loss: "cross_entropy" }],
    ["a search", search],
  ])("evaluates and predicts by a given threshold: %s", (_, spec) => {
    const { model, weights, evaluation } = finished({ ...moons, ...spec, decision: { threshold: 0.9 } });
    expect(model.threshold).toBe(0.9);
    const train = evaluation?.train as { accuracy: number; confusion_matrix: number[][] };
    const predictor = createPredictor(modelRecord(model), weights);
    const rows = Array.from({ length: 100 }, (_, row) => [(row % 10) / 4 - 1, Math.floor(row / 10) / 5 - 0.7]);
    const answer = predictor.predict(rows);
    if (!answer.ok) throw new Error(JSON.stringify(answer));
    for (const prediction of answer.predictions) {
      if (!("label" in prediction)) throw new Error("a class");
      const { label, probability, probabilities } = prediction;
      const second = probabilities[1] as number;
      expect([label, probability]).toEqual(second > 0.9 ? ["1", second] : ["0", probabilities[0]]);
    }
    const chosen = train.confusion_matrix.map(([, second]) => second ?? 0).reduce((sum, count) => sum + count, 0);
    expect(chosen).toBeLessThan(120);
  });

  it.each([
    ["a given network", { ...network, ...held }],
    ["a search", search],
  ])("is chosen on rows that %s has not trained on, the same each time", (_, spec) => {
    const cost = { cost: { false_positive: 1, false_negative: 20 } };
    const { model } = finished({ ...moons, ...spec, decision: cost });
    expect(model.threshold).toBeLessThan(0.4);
    expect(finished({ ...moons, ...spec, decision: cost }).model.threshold).toBe(model.threshold);
    const plain = finished({ ...moons, ...spec });
    expect(plain.model.sha256).toBe(model.sha256);
  });

  it("goes out and comes in with the file of the weights", () => {
    const { model, weights } = finished({ ...moons, ...network, decision: { threshold: 0.25 } });
    const text = fileMetadata(modelRecord(model))[FILE_METADATA.architecture];
    const back = importModel(text, weights, limits) as { readonly model: TrainedModel };
    expect(back.model.threshold).toBe(0.25);
    const { model: plain } = finished({ ...moons, ...network });
    expect(fileMetadata(modelRecord(plain))[FILE_METADATA.architecture]).not.toMatch("threshold");
    const three = architecture.parse({
      task: "multiclass_classification",
      layers: [{ type: "linear", units: 3 }],
      input_width: 2,
    });
    const refused = importModel(JSON.stringify({ ...three, threshold: 0.2 }), weights, limits);
    expect(refused).toMatchObject({ ok: false });
  });
});
