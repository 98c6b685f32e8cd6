import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { importancesOf } from "../../../src/domain/sweeps/importance.ts";
import type { Range, TrialParameters } from "../../../src/domain/sweeps/parameter.ts";
import type { Condition, Dimension, Space } from "../../../src/domain/sweeps/parameter-space.ts";

interface Study {
  readonly goal: "minimize" | "maximize";
  readonly trials: readonly { readonly parameters: TrialParameters; readonly value: number }[];
  readonly importances: Readonly<Record<string, number>>;
}

/** PED-ANOVA as Optuna computes it: test/fixtures/sweeps/generate.py. */
const STUDIES = JSON.parse(readFileSync("test/fixtures/sweeps/importances.json", "utf8")) as readonly Study[];

const rangeOf = (
  pointer: string,
  min: number,
  max: number,
  more: Partial<Range> = {},
  condition: Condition | null = null,
): Dimension => ({
  kind: "range",
  pointer,
  condition,
  range: { min, max, scale: "linear", integer: false, step: null, ...more },
});

const SPACE: Space = {
  dimensions: [
    rangeOf("/lr", 1e-4, 0.3, { scale: "log" }),
    rangeOf("/width", 1, 64, { scale: "log", integer: true }),
    rangeOf("/depth", 1, 5, { integer: true }),
    rangeOf("/noise", 0, 1),
    rangeOf("/rate", 0, 0.5, { step: 0.125 }),
    {
      kind: "options",
      pointer: "/optimizer",
      condition: null,
      options: ["sgd", "adam"].map((value) => ({ value, part: value })),
    },
    rangeOf("/optimizer/momentum", 0, 0.9, {}, { pointer: "/optimizer", values: ["sgd"] }),
  ],
};

describe("the importance of parameters", () => {
  it.each(STUDIES)("is Optuna's PED-ANOVA: $goal", ({ goal, trials, importances }) => {
    const found = importancesOf(SPACE, trials, goal === "maximize");
    expect(Object.fromEntries(found.map(({ pointer, importance }) => [pointer, importance]))).toEqual(
      Object.fromEntries(Object.entries(importances).map(([pointer, share]) => [pointer, expect.closeTo(share, 5)])),
    );
    const shares = found.map(({ importance }) => importance);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  });

  it("is nothing where trials say nothing: none, one, all equal, or all failed", () => {
    const [study] = STUDIES as [Study];
    const [first] = study.trials;
    for (const trials of [
      [],
      [first],
      study.trials.map((each) => ({ ...each, value: 1 })),
      study.trials.map((each) => ({ ...each, value: null })),
    ])
      expect(importancesOf(SPACE, trials as Study["trials"], false).every(({ importance }) => importance === 0)).toBe(true);
  });

  it("learns from trials that failed", () => {
    const [study] = STUDIES as [Study];
    const trials = study.trials.map(({ parameters }, index) => ({
      parameters,
      value: (parameters["/noise"] as number) > 0.3 ? null : index,
    }));
    expect(importancesOf(SPACE, trials, false)[0]?.pointer).toBe("/noise");
  });
});
