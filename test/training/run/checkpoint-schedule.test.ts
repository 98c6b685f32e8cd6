import { describe, expect, it } from "vitest";
import { createCheckpointSchedule } from "../../../src/training/run/checkpoint-schedule.ts";

const options = { every_epochs: 10, every_seconds: 30, min_seconds: 2, keep: 2 };

describe("the checkpointSchedule of checkpoints", () => {
  const open = (overrides: Partial<typeof options> = {}) => {
    const dependencies = { ms: 1000, storing: false };
    const checkpointSchedule = createCheckpointSchedule(
      { ...options, ...overrides },
      () => dependencies.storing,
      () => dependencies.ms,
    );
    return { dependencies, checkpointSchedule };
  };

  it("is due by epochs only after min_seconds, and by seconds wherever training is", () => {
    const { dependencies, checkpointSchedule } = open();
    dependencies.ms += 1999;
    expect([checkpointSchedule.isDueAt(10), checkpointSchedule.isDue(), checkpointSchedule.isAllowed()]).toEqual([
      false,
      false,
      false,
    ]);
    dependencies.ms += 1;
    expect([
      checkpointSchedule.isDueAt(10),
      checkpointSchedule.isDueAt(11),
      checkpointSchedule.isDue(),
      checkpointSchedule.isAllowed(),
    ]).toEqual([true, false, false, true]);
    dependencies.ms += 28_000;
    expect(checkpointSchedule.isDue()).toBe(true);
    checkpointSchedule.written();
    expect([checkpointSchedule.isDue(), checkpointSchedule.isDueAt(20)]).toEqual([false, false]);
  });

  it("has calls end at a multiple of every_epochs, once one could be written there", () => {
    const { dependencies, checkpointSchedule } = open();
    expect(checkpointSchedule.nextStop(3)).toBe(Number.POSITIVE_INFINITY);
    dependencies.ms += 2000;
    expect([checkpointSchedule.nextStop(3), checkpointSchedule.nextStop(10)]).toEqual([10, 20]);
  });

  it("has one at every multiple of every_epochs where min_seconds is 0, whatever storing takes", () => {
    const { dependencies, checkpointSchedule } = open({ min_seconds: 0 });
    dependencies.storing = true;
    checkpointSchedule.written();
    expect([
      checkpointSchedule.nextStop(3),
      checkpointSchedule.isDueAt(10),
      checkpointSchedule.isDueAt(11),
      checkpointSchedule.isAllowed(),
    ]).toEqual([10, true, false, false]);
  });

  it("waits while the last one is being stored, and takes at most a tenth of the time for storing", () => {
    const { dependencies, checkpointSchedule } = open({ every_seconds: 3 });
    dependencies.storing = true;
    checkpointSchedule.written();
    dependencies.ms += 4000;
    expect(checkpointSchedule.isDue()).toBe(false);
    dependencies.storing = false;
    expect(checkpointSchedule.isDue()).toBe(false);
    dependencies.ms += 35_999;
    expect(checkpointSchedule.isDue()).toBe(false);
    dependencies.ms += 1;
    expect(checkpointSchedule.isDue()).toBe(true);
  });
});
