import { describe, expect, it } from "vitest";
import { packTensors } from "../../../src/domain/tensor.ts";
import { averageOf } from "../../../src/training/auto/average.ts";
import { layersOf, servedLayersOf } from "../../../src/training/auto/candidates.ts";
import { featureView, plainFeatures } from "../../../src/training/auto/feature-views.ts";
import { PORTFOLIO, TEXT_PORTFOLIO } from "../../../src/training/auto/portfolio.ts";
import { networkOf } from "../../../src/training/run/network.ts";

const FEATURES = plainFeatures(6);
const OUTPUTS = 3;

describe.each([...PORTFOLIO, ...TEXT_PORTFOLIO].map((candidate) => [candidate.name, candidate] as const))(
  "%s",
  (_, candidate) => {
    it("ends with the outputs of the task, and keeps its weights' names and shapes in an average", () => {
      const width = featureView(FEATURES, candidate).length;
      expect(networkOf(layersOf(candidate, OUTPUTS), width).outputShape).toEqual([OUTPUTS]);
      const { tensors } = networkOf(servedLayersOf(candidate, OUTPUTS), width);
      const weights = packTensors(
        tensors.map(({ name, shape }) => ({
          name,
          shape: [...shape],
          values: new Float32Array(shape.reduce((size, length) => size * length, 1)),
        })),
      );
      const networks = { trial: 1, outputs: new Float32Array(), weights: [weights, weights] };
      const average = averageOf([{ candidate, networks, weight: 1 }], [0, 1], FEATURES, OUTPUTS);
      const named = (entries: readonly { name: string; shape: readonly number[] }[]) =>
        entries.map(({ name, shape }) => `${name} ${shape}`).sort();
      expect(named(average.weights.entries)).toEqual(named(networkOf(average.layers, FEATURES.width).tensors));
    });
  },
);
