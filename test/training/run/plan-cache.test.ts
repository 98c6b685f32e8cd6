import { expect, it } from "vitest";
import { graph, type Programs } from "../../../src/engine/index.ts";
import { createPlanCache } from "../../../src/training/run/plan-cache.ts";

/** A cache of programs that add a constant of some length, and how often it planned. */
function planner() {
  const planned: number[] = [];
  const plan = createPlanCache((length: number, name: string) => {
    planned.push(length);
    const sum = graph.add(graph.input(name, [length]), graph.constant(new Float64Array(length).fill(1)));
    const programs: Programs = { step: { outputs: { sum } } };
    return { programs };
  });
  return { plan, planned };
}

it("plans equal networks once, and others anew", () => {
  const { plan, planned } = planner();
  expect(plan(8, "x")).toBe(plan(8, "x"));
  expect(plan(8, "y")).not.toBe(plan(8, "x"));
  expect(planned).toEqual([8, 8]);
});

it("keeps constants for as much memory as they have, and none that are larger than all of it", () => {
  const { plan, planned } = planner();
  const half = 400_000;
  for (const name of ["a", "b", "c", "a"]) plan(half * 1.5, name);
  expect(planned).toHaveLength(4);
  planned.length = 0;
  for (const name of ["d", "e", "d", "e"]) plan(half, name);
  expect(planned).toHaveLength(2);
  planned.length = 0;
  for (let time = 0; time < 2; time++) plan(half * 4, "large");
  expect(planned).toHaveLength(2);
});
