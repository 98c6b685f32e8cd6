import { describe, expect, it } from "vitest";
import { optimizer, scheduler } from "../../../src/domain/spec/optimization.ts";

const pointers = (result: { error?: { issues: { path: PropertyKey[] }[] } | undefined }) =>
  result.error?.issues.map(({ path }) => path.join("/"));

describe("optimisers", () => {
  it("have PyTorch's defaults", () => {
    expect(optimizer.parse({ type: "adadelta" })).toEqual({ type: "adadelta", lr: 1, rho: 0.9, eps: 1e-6, weight_decay: 0 });
    expect(optimizer.parse({ type: "nadam" })).toMatchObject({ lr: 2e-3, betas: [0.9, 0.999], momentum_decay: 4e-3 });
  });
});

describe("schedules", () => {
  it("have PyTorch's defaults", () => {
    expect(scheduler.parse({ type: "linear_lr" })).toEqual({
      type: "linear_lr",
      start_factor: 1 / 3,
      end_factor: 1,
      total_iters: 5,
    });
    expect(scheduler.parse({ type: "constant_lr" })).toMatchObject({ factor: 1 / 3, total_iters: 5 });
    expect(scheduler.parse({ type: "polynomial_lr" })).toMatchObject({ total_iters: 5, power: 1 });
    expect(scheduler.parse({ type: "cosine_annealing_warm_restarts", t_0: 3 })).toMatchObject({ t_mult: 1, eta_min: 0 });
    expect(scheduler.parse({ type: "one_cycle_lr", max_lr: 1, total_steps: 10 })).toMatchObject({
      pct_start: 0.3,
      div_factor: 25,
      final_div_factor: 1e4,
    });
  });

  const parts = [{ type: "linear_lr" }, { type: "step_lr", step_size: 2 }, { type: "exponential_lr", gamma: 0.9 }];

  it("come one after the other at milestones that rise, one less than there are of them", () => {
    expect(scheduler.safeParse({ type: "sequential", schedules: parts, milestones: [3, 7] }).success).toBe(true);
    for (const milestones of [[3], [3, 7, 9], [7, 3], [3, 3]])
      expect(pointers(scheduler.safeParse({ type: "sequential", schedules: parts, milestones })), String(milestones)).toContain(
        "milestones",
      );
  });

  it("take no part that watches a metric, holds others or has a rate of its own", () => {
    for (const part of [
      { type: "reduce_lr_on_plateau" },
      { type: "sequential", schedules: parts, milestones: [1, 2] },
      { type: "one_cycle_lr", max_lr: 1, total_steps: 5 },
    ])
      expect(pointers(scheduler.safeParse({ type: "sequential", schedules: [parts[0], part], milestones: [3] }))).toEqual([
        "schedules/1/type",
      ]);
  });

  it("leave a cycle at least one step to rise in", () => {
    const cycle = { type: "one_cycle_lr", max_lr: 1, total_steps: 3 };
    expect(pointers(scheduler.safeParse(cycle))).toEqual(["pct_start"]);
    expect(scheduler.safeParse({ ...cycle, pct_start: 0.5 }).success).toBe(true);
  });
});
