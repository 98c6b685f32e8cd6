/** The memory of threads that may help with a job: counted wherever the engine would share a step, and not for small jobs. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/engine/index.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { blockMemory } from "../../../src/training/predict/inference.ts";
import { keptPlan } from "../../../src/training/run/build.ts";
import { sizesOf } from "../../../src/training/run/sizes.ts";
import { jobRecord, prepare } from "../train.ts";

const HELPER_BYTES = 16 * 2 ** 20;

interface Shape {
  readonly units: number;
  readonly features: number;
  readonly batch: number;
  readonly hidden?: readonly (object | string)[];
}

const specOf = ({ units, features, batch, hidden = [{ type: "relu" }] }: Shape, threads: number | null = null) => ({
  data: { generator: { type: "blobs", samples: 2 * batch, features, classes: 3, seed: 1 } },
  model: { layers: [{ type: "linear", units }, ...hidden, { type: "linear" }] },
  ...{ batch_size: batch, epochs: 1, seed: 1, threads },
});

const bytesOf = (shape: Shape, threads: number, asked: number | null = null): number => {
  const prepared = prepare(specOf(shape, asked), { threads });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return prepared.memoryBytes;
};

const isShared = (shape: Shape): boolean => {
  const prepared = prepare(specOf(shape));
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const data = loadData({ job: jobRecord(prepared, 0), payload: null, dataset: null, checkpoint: null });
  const { programs, maxSteps } = keptPlan(prepared.spec as Parameters<typeof keptPlan>[0], sizesOf(data, 3));
  return compile(programs, { maxSteps, shared: true }).team !== null;
};

const LARGE: Shape = { units: 512, features: 200, batch: 512 };
const SMALL: Shape = { units: 8, features: 4, batch: 32 };

describe("the memory of a job", () => {
  it("has that of every thread that may help, and of the network that they evaluate", () => {
    const alone = bytesOf(LARGE, 1);
    const layers = [{ type: "linear", units: 512 }, { type: "relu" }, { type: "linear", units: 3 }] as const;
    const evaluated = blockMemory({ layers: layers as never, inputWidth: 200, activation: "softmax" }, []);
    expect(evaluated).toBeGreaterThan(4 * (200 * 512 + 512 * 3));
    expect(bytesOf(LARGE, 2) - alone).toBe(HELPER_BYTES + evaluated);
    expect(bytesOf(LARGE, 8) - alone).toBe(7 * HELPER_BYTES + evaluated);
    expect(bytesOf(LARGE, 8, 3) - alone).toBe(2 * HELPER_BYTES + evaluated);
    expect(bytesOf(LARGE, 8, 1)).toBe(alone);
    expect(bytesOf(LARGE, 256) - alone).toBe(63 * HELPER_BYTES + evaluated);
    expect(bytesOf(SMALL, 8)).toBe(bytesOf(SMALL, 1));
  });

  it("has it wherever the engine shares a step", () => {
    const shapes: Shape[] = [
      ...[64, 128, 256, 512].flatMap((batch) => [128, 256, 384].map((units) => ({ units, features: 50, batch }))),
      { units: 1000, features: 500, batch: 2 },
      { units: 64, features: 20, batch: 1000, hidden: ["gelu", { type: "batch_norm" }, { type: "dropout", p: 0.2 }, "tanh"] },
      { units: 64, features: 20, batch: 400, hidden: [{ type: "layer_norm" }, "gelu", { type: "layer_norm" }, "mish"] },
    ];
    const shared = shapes.filter(isShared);
    expect(shared.length).toBeGreaterThan(2);
    for (const shape of shared) expect(bytesOf(shape, 2), JSON.stringify(shape)).toBeGreaterThan(bytesOf(shape, 1));
  });
});
