import { describe, expect, it } from "vitest";
import { explainDivergence } from "../../../src/training/diagnose/explain-divergence.ts";
import { createLastGood } from "../../../src/training/replay/last-good.ts";
import { train } from "../train.ts";

const line = { generator: { type: "linear", samples: 64 } };
const linear = { type: "linear", init: { weight: "zeros", bias: "zeros" } };
const spec = (lr: number, rest: object = {}) => ({
  data: line,
  model: { layers: [linear] },
  optimizer: { type: "sgd", lr },
  epochs: 500,
  ...rest,
});

function divergenceOf(job: object) {
  const { result } = train(job);
  if (result.state !== "failed") throw new Error(`it ${result.state}`);
  return result.error;
}

describe("the learning rate that survives", () => {
  it("is the largest that was tried of those with which the job succeeds", () => {
    const { divergence, detail } = divergenceOf(spec(0.5));
    const rates = divergence?.learning_rate;
    // Of a mean squared error, gradient descent converges below 2 over the largest eigenvalue of 2 XᵀX/n, which is 67 here.
    expect(rates).toMatchObject({ survives: 0.015, tried: [0.15, 0.05, 0.015], from_epoch: 0 });
    expect(train(spec(0.015)).result.state).toBe("succeeded");
    expect(divergenceOf(spec(0.05)).code).toBe("diverged");
    expect(detail).toContain("in the loss (mse) overflowed float32 in step 13; learning rate 0.015 survives");
  });

  it("is scaled as the schedule sets it", () => {
    const scheduler = { type: "one_cycle_lr", max_lr: 0.9, total_steps: 500 };
    const { divergence } = divergenceOf(spec(0.9, { scheduler }));
    expect(divergence?.learning_rate?.survives).toBe(0.027);
    expect(train(spec(1, { scheduler: { ...scheduler, max_lr: 0.027 } })).result.state).toBe("succeeded");
  });

  it("is none where the first step fails before it updates anything", () => {
    const data = { inline: { features: [[1], [1e30]], targets: [1, 2] } };
    const layers = [{ ...linear, init: { weight: "ones" } }];
    expect(divergenceOf({ ...spec(0.1), data, task: "regression", model: { layers } }).divergence?.learning_rate).toBeNull();
  });
});

it("a replay that throws leaves the error as it is, and is reported", () => {
  const error = { code: "diverged" as const, detail: "the loss is NaN: a cure", epoch: 3 };
  const faults: unknown[] = [];
  const run = { fault: (fault: unknown) => faults.push(fault) } as unknown as Parameters<typeof explainDivergence>[2];
  expect(explainDivergence(error, "a cure", run)).toBe(error);
  expect(faults).toEqual([expect.any(TypeError)]);
});

describe("the last good state", () => {
  const state = (value: number) => () => ({
    ...{ epoch: value, schedule: null, partial: null },
    tensors: { entries: [], data: Float32Array.of(value) },
  });

  it("stays the one before where a number is not finite", () => {
    const lastGood = createLastGood(() => 0);
    lastGood.keep(state(1));
    lastGood.keep(state(Number.NaN));
    expect(lastGood.state?.epoch).toBe(1);
  });

  it("is due rarely enough to take a hundredth of the time", () => {
    let clock = 0;
    const lastGood = createLastGood(() => clock);
    expect(lastGood.isDue(false)).toBe(true);
    lastGood.keep(() => {
      clock += 50;
      return state(1)();
    });
    clock += 4999;
    expect(lastGood.isDue(false)).toBe(false);
    clock += 1;
    expect(lastGood.isDue(true)).toBe(true);
  });
});
