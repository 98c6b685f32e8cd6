import { describe, expect, test } from "vitest";
import { createSchedule, type ScheduleSpec } from "../../../src/engine/index.ts";

const SPECS: { readonly [T in ScheduleSpec["type"]]: Extract<ScheduleSpec, { type: T }> } = {
  step_lr: { type: "step_lr", step_size: 3 },
  multi_step_lr: { type: "multi_step_lr", milestones: [2, 5, 5, 9], gamma: 0.5 },
  exponential_lr: { type: "exponential_lr", gamma: 0.9 },
  linear_lr: { type: "linear_lr" },
  constant_lr: { type: "constant_lr" },
  polynomial_lr: { type: "polynomial_lr", total_iters: 8, power: 1.5 },
  cosine_annealing_lr: { type: "cosine_annealing_lr", t_max: 7, eta_min: 0.01 },
  cosine_annealing_warm_restarts: { type: "cosine_annealing_warm_restarts", t_0: 3 },
  one_cycle_lr: { type: "one_cycle_lr", max_lr: 1, total_steps: 12 },
  sequential: {
    type: "sequential",
    schedules: [
      { type: "linear_lr", start_factor: 0.1, total_iters: 4 },
      { type: "step_lr", step_size: 2 },
      { type: "exponential_lr", gamma: 0.5 },
    ],
    milestones: [4, 9],
  },
  reduce_lr_on_plateau: { type: "reduce_lr_on_plateau", patience: 1, cooldown: 1, factor: 0.5 },
};

/** Rates before each of some steps; the metric improves now and then. */
const METRICS = [3, 2, 2, 2, 2, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5];

describe("schedules", () => {
  for (const spec of Object.values(SPECS))
    test(`${spec.type} goes on from a saved state, through JSON, as if it had never stopped`, () => {
      for (let stop = 0; stop < METRICS.length; stop++) {
        const through = createSchedule(spec, 0.1);
        for (const metric of METRICS.slice(0, stop)) through.step(metric);
        const resumed = createSchedule(spec, 0.1);
        resumed.restore(JSON.parse(JSON.stringify(through.state())));
        for (const metric of METRICS.slice(stop)) {
          expect(resumed.lr).toBe(through.lr);
          through.step(metric);
          resumed.step(metric);
        }
        expect(resumed.lr).toBe(through.lr);
      }
    });

  const ratesOf = (spec: ScheduleSpec, count: number) => {
    const schedule = createSchedule(spec, 1);
    return Array.from({ length: count }, () => {
      const { lr } = schedule;
      schedule.step(1);
      return Number(lr.toFixed(9));
    });
  };

  test("begin as their formulas say", () => {
    expect(ratesOf(SPECS.step_lr, 8)).toEqual([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01]);
    expect(ratesOf(SPECS.multi_step_lr, 10)).toEqual([1, 1, 0.5, 0.5, 0.5, 0.125, 0.125, 0.125, 0.125, 0.0625]);
    expect(ratesOf(SPECS.exponential_lr, 3)).toEqual([1, 0.9, 0.81]);
    expect(ratesOf(SPECS.constant_lr, 7)).toEqual([...new Array(5).fill(0.333333333), 1, 1]);
    expect(ratesOf({ ...SPECS.cosine_annealing_warm_restarts, t_mult: 2 }, 10)).toEqual([
      1, 0.75, 0.25, 1, 0.933012702, 0.75, 0.5, 0.25, 0.066987298, 1,
    ]);
  });

  test("one after the other, each from its own start", () => {
    expect(ratesOf(SPECS.sequential, 12)).toEqual([0.1, 0.325, 0.55, 0.775, 1, 1, 0.1, 0.1, 0.01, 1, 0.5, 0.25]);
  });

  test("a cosine goes up again after its minimum, at any distance", () => {
    const rates = ratesOf({ type: "cosine_annealing_lr", t_max: 2 }, 9);
    expect(rates).toEqual([1, 0.5, 0, 0.5, 1, 0.5, 0, 0.5, 1]);
    const far = createSchedule({ type: "cosine_annealing_lr", t_max: 2 }, 1);
    far.restore({ epoch: 100_000_001 });
    expect(far.lr).toBeCloseTo(0.5, 15);
  });

  test("one cycle keeps its last rate after its last step", () => {
    const rates = ratesOf(SPECS.one_cycle_lr, 15);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1);
    expect(rates.slice(11)).toEqual(new Array(4).fill(0.000004));
  });
});

describe("reduce_lr_on_plateau", () => {
  const rateAfter = (spec: Partial<Omit<typeof SPECS.reduce_lr_on_plateau, "type">>, metrics: readonly number[]) => {
    const schedule = createSchedule({ type: "reduce_lr_on_plateau", ...spec }, 1);
    for (const metric of metrics) schedule.step(metric);
    return schedule.lr;
  };

  test("waits for more bad epochs than its patience", () => {
    expect(rateAfter({ patience: 2 }, [1, 1, 1])).toBe(1);
    expect(rateAfter({ patience: 2 }, [1, 1, 1, 1])).toBe(0.1);
    expect(rateAfter({ patience: 2 }, [1, 1, 0.5, 1, 1])).toBe(1);
  });

  test("compares relatively or absolutely, for minima and maxima", () => {
    const stuck = { patience: 0 };
    expect(rateAfter({ ...stuck, threshold: 0.1 }, [1, 0.95])).toBe(0.1);
    expect(rateAfter({ ...stuck, threshold: 0.1 }, [1, 0.89])).toBe(1);
    expect(rateAfter({ ...stuck, threshold: 0.1, threshold_mode: "abs" }, [10, 9.8])).toBe(1);
    expect(rateAfter({ ...stuck, threshold: 0.1, mode: "max" }, [1, 1.05])).toBe(0.1);
    expect(rateAfter({ ...stuck, threshold: 0.1, mode: "max" }, [1, 1.2])).toBe(1);
    expect(rateAfter({ ...stuck, threshold: 0.1, threshold_mode: "abs", mode: "max" }, [10, 10.2])).toBe(1);
  });

  test("counts nothing while it cools down", () => {
    expect(rateAfter({ patience: 0, cooldown: 2, factor: 0.5 }, [1, 1, 1, 1])).toBe(0.5);
    expect(rateAfter({ patience: 0, cooldown: 2, factor: 0.5 }, [1, 1, 1, 1, 1])).toBe(0.25);
  });

  test("stops at the smallest rate, and leaves out reductions too small to matter", () => {
    expect(rateAfter({ patience: 0, min_lr: 0.3 }, [1, 1, 1])).toBe(0.3);
    expect(rateAfter({ patience: 0, eps: 0.95 }, [1, 1, 1])).toBe(1);
  });

  test("takes NaN for no improvement, and needs a metric", () => {
    expect(rateAfter({ patience: 0 }, [1, Number.NaN])).toBe(0.1);
    expect(() => createSchedule(SPECS.reduce_lr_on_plateau, 1).step()).toThrow(RangeError);
  });
});
