/** Which rows the intervals of a trained model come from. */
import { describe, expect, it } from "vitest";
import { architecture, FILE_METADATA, fileMetadata } from "../../src/domain/models/architecture.ts";
import type { TrainedModel } from "../../src/domain/ports.ts";
import { importModel } from "../../src/training/predict/import.ts";
import { limits, modelRecord, train } from "./train.ts";

const line = { data: { generator: { type: "linear", samples: 200, noise: 0.5, seed: 1 } }, seed: 3 };
const moons = { data: { generator: { type: "moons", samples: 200, noise: 0.3, seed: 7 } }, seed: 3 };
const network = { model: { layers: [{ type: "linear" }] }, epochs: 5 };
const search = { model: { auto: { trials: 2 } } };

function modelOf(spec: object) {
  const { result } = train(spec);
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return result;
}

describe("the scores that a model keeps for its intervals", () => {
  it.each([
    ["the test part", { ...line, ...network, split: { validation: 0.2, test: 0.1 } }, { part: "test", rows: 20 }],
    ["the validation part", { ...line, ...network, split: { validation: 0.2 } }, { part: "validation", rows: 40 }],
    ["the folds of a search", { ...line, ...search }, { part: "out_of_fold", rows: 200 }],
    ["the folds of a search for classes", { ...moons, ...search }, { part: "out_of_fold", rows: 200 }],
    ["the test part of a search", { ...moons, ...search, split: { test: 0.2 } }, { part: "test", rows: 40 }],
  ])("are those of %s", (_, spec, expected) => {
    const { conformal } = modelOf(spec).model;
    expect(conformal).toMatchObject(expected);
    const [scores = []] = conformal?.scores ?? [];
    expect(scores).toHaveLength(expected.rows);
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
  });

  it("are none where no rows are held out", () => {
    expect(modelOf({ ...line, ...network, split: null }).model).not.toHaveProperty("conformal");
  });

  it("go out and come in with the file of the weights", () => {
    const { model, weights } = modelOf({ ...line, ...network, split: { validation: 0.2 } });
    const text = fileMetadata(modelRecord(model))[FILE_METADATA.architecture] as string;
    const back = importModel(text, weights, limits) as { readonly model: TrainedModel };
    expect(back.model.conformal).toEqual(model.conformal);
    const wrong = architecture.parse({ ...JSON.parse(text), conformal: { part: "test", rows: 1, scores: [[1], [2]] } });
    expect(importModel(JSON.stringify(wrong), weights, limits)).toMatchObject({
      ok: false,
      errors: [{ pointer: expect.stringContaining("conformal") }],
    });
  });
});
