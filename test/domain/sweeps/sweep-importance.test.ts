/** Which trials of a sweep are rated for the importance of its parameters, and how. */
import { expect, it } from "vitest";
import { importancesOf } from "../../../src/domain/sweeps/importance.ts";
import type { Method } from "../../../src/domain/sweeps/method.ts";
import type { Dimension } from "../../../src/domain/sweeps/parameter-space.ts";
import { importanceOfSweep } from "../../../src/domain/sweeps/sweep-importance.ts";
import type { TrialResult } from "../../../src/domain/sweeps/trial.ts";

const dimension = (pointer: string): Dimension => ({
  kind: "range",
  pointer,
  condition: null,
  range: { min: 0, max: 1, scale: "linear", integer: false, step: null },
});
const SPACE = { dimensions: [dimension("/a"), dimension("/b")] };
const HALVING: Method = { type: "halving", factor: 3, min_epochs: null, brackets: 1 };
const objective = (goal: "minimize" | "maximize") => ({ metric: "val_loss", goal }) as const;

/** 90 trials, of which those with a small `/a` came to the second rung, with values that are worse than all at the first. */
const climbed = (sign: 1 | -1): TrialResult[] =>
  Array.from({ length: 90 }, (_, number) => {
    const parameters = { "/a": number / 89, "/b": ((number * 37) % 90) / 89 };
    const [state, generation, value] =
      number < 9 ? (["succeeded", 1, 10] as const) : (["pruned", 0, ((number * 37) % 90) / 90] as const);
    return { number, parameters, state, generation, value: sign * value, projected_value: null };
  });

it.each([
  ["minimize", 1],
  ["maximize", -1],
] as const)("takes trials of halving that came further for the better ones: %s", (goal, sign) => {
  const { trials, importances } = importanceOfSweep(SPACE, { method: HALVING, objective: objective(goal) }, climbed(sign));
  expect(trials).toBe(90);
  expect(importances[0]).toEqual({ pointer: "/a", importance: expect.toSatisfy((share: number) => share > 0.9) });
});

it("takes values as they are for methods without rungs, and failed trials for the worst", () => {
  const none = { value: null, projected_value: null };
  const failed: TrialResult = { number: 90, generation: 0, parameters: { "/a": 1, "/b": 1 }, state: "failed", ...none };
  const results = [...climbed(1), failed];
  const found = importanceOfSweep(SPACE, { method: { type: "random" }, objective: objective("minimize") }, results);
  expect(found).toEqual({ trials: 91, importances: importancesOf(SPACE, results, false) });
  const climbing = importanceOfSweep(SPACE, { method: HALVING, objective: objective("minimize") }, results);
  expect(climbing.importances[0]?.pointer).toBe("/a");
});
