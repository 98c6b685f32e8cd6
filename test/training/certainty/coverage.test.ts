import { describe, expect, test } from "vitest";
import { type Covered, coverage } from "./generated.ts";

/** Held-out rows, and fresh ones that say what is true: enough that their own chance hardly counts. */
const PARTS = [
  [50, 2000],
  [150, 3000],
  [500, 5000],
] as const;

/** 200 repeats with each number of held-out rows. */
function pooled(name: "two_classes" | "values"): Map<string, number> {
  const total = new Map<string, Covered>();
  for (const [rows, fresh] of PARTS)
    for (const [figure, { intervals, held }] of coverage(name, rows, 200, fresh)) {
      const so = total.get(figure) ?? { intervals: 0, held: 0 };
      total.set(figure, { intervals: so.intervals + intervals, held: so.held + held });
    }
  return new Map([...total].map(([figure, { intervals, held }]) => [figure, held / intervals]));
}

describe("intervals of 90 % hold the figures of fresh rows in 87 to 93 % of the repeats", () => {
  test.each([
    ["two_classes", ["accuracy", "balanced_accuracy", "f1", "mcc", "log_loss", "roc_auc", "pr_auc"]],
    ["values", ["r2", "rmse", "mae"]],
  ] as const)("%s", (name, figures) => {
    const shares = pooled(name);
    expect([...shares.keys()].sort()).toEqual([...figures].sort());
    for (const [figure, share] of shares) {
      expect(share, figure).toBeGreaterThanOrEqual(0.87);
      expect(share, figure).toBeLessThanOrEqual(0.93);
    }
  });
});
