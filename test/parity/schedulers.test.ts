import { describe, expect, test } from "vitest";
import { createSchedule, type ScheduleSpec } from "../../src/engine/index.ts";
import { readGolden } from "./golden.ts";

interface Case {
  readonly scheduler: ScheduleSpec["type"];
  readonly attrs: object;
  readonly base_lr: number;
  readonly lr_at_epoch: readonly number[];
  readonly metric: readonly number[] | null;
}

const { cases } = readGolden<{ cases: readonly Case[] }>("schedulers");

describe("learning-rate schedules of PyTorch", () => {
  test("all ten are here", () => {
    expect(new Set(cases.map(({ scheduler }) => scheduler)).size).toBe(10);
  });

  for (const { scheduler, attrs, base_lr, lr_at_epoch, metric } of cases)
    test(scheduler, () => {
      const schedule = createSchedule({ ...attrs, type: scheduler } as ScheduleSpec, base_lr);
      expect(schedule.needsMetric).toBe(metric !== null);
      lr_at_epoch.forEach((expected, epoch) => {
        expect(Math.abs(schedule.lr - expected), `epoch ${epoch}: ${schedule.lr}`).toBeLessThanOrEqual(1e-9 * expected);
        schedule.step(metric?.[epoch]);
      });
    });
});
