import { describe, expect, it } from "vitest";
import type { RateTrials } from "../../../src/domain/jobs/divergence.ts";
import { train } from "../train.ts";
import { PLANTED } from "./planted-failures.ts";

function divergenceOf(spec: object) {
  const { result } = train(spec);
  if (result.state !== "failed") throw new Error(`it ${result.state}`);
  return result.error.divergence;
}

/** Whether a job with another learning rate does what a rate that survives is said to: losses stay finite, and do not end above where they begin. */
function survivesWith(spec: object, lr: number, { to_epoch: epochs }: RateTrials): boolean {
  const { optimizer } = spec as { optimizer?: object };
  const { result, series } = train({ ...spec, epochs, optimizer: { type: "sgd", ...optimizer, lr } });
  const loss = series.loss ?? [];
  return result.state === "succeeded" && (loss.at(-1) as number) <= (loss[0] as number);
}

describe("a training that fails", () => {
  it.each(PLANTED)("names the operation that went wrong first: $name", ({ spec, first }) => {
    expect(divergenceOf(spec)?.first).toMatchObject(first);
  });

  it.each(PLANTED)("names the largest of a few learning rates that survives, as a job with it does: $name", (planted) => {
    const { spec, isRateToBlame = false } = planted;
    const rates = divergenceOf(spec)?.learning_rate ?? null;
    expect(rates !== null && rates.survives !== null).toBe(isRateToBlame);
    // What fails before the first update fails at any rate, so that none is tried.
    if (!rates) return;
    expect(rates.from_epoch).toBe(0);
    for (const rate of rates.tried) expect(survivesWith(spec, rate, rates), `${rate}`).toBe(rate === rates.survives);
  });
});
