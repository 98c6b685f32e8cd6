import { describe, expect, it } from "vitest";
import { createCadence } from "../../../src/training/run/checkpoint-schedule.ts";

const options = { every_epochs: 10, every_seconds: 30, min_seconds: 2, keep: 2 };

describe("the cadence of checkpoints", () => {
  const open = (overrides: Partial<typeof options> = {}) => {
    const world = { ms: 1000, storing: false };
    const cadence = createCadence(
      { ...options, ...overrides },
      () => world.storing,
      () => world.ms,
    );
    return { world, cadence };
  };

  it("is due by epochs only after min_seconds, and by seconds wherever training is", () => {
    const { world, cadence } = open();
    world.ms += 1999;
    expect([cadence.isDueAt(10), cadence.isDue(), cadence.isAllowed()]).toEqual([false, false, false]);
    world.ms += 1;
    expect([cadence.isDueAt(10), cadence.isDueAt(11), cadence.isDue(), cadence.isAllowed()]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    world.ms += 28_000;
    expect(cadence.isDue()).toBe(true);
    cadence.written();
    expect([cadence.isDue(), cadence.isDueAt(20)]).toEqual([false, false]);
  });

  it("has calls end at a multiple of every_epochs, once one could be written there", () => {
    const { world, cadence } = open();
    expect(cadence.nextStop(3)).toBe(Number.POSITIVE_INFINITY);
    world.ms += 2000;
    expect([cadence.nextStop(3), cadence.nextStop(10)]).toEqual([10, 20]);
  });

  it("has one at every multiple of every_epochs where min_seconds is 0, whatever storing takes", () => {
    const { world, cadence } = open({ min_seconds: 0 });
    world.storing = true;
    cadence.written();
    expect([cadence.nextStop(3), cadence.isDueAt(10), cadence.isDueAt(11), cadence.isAllowed()]).toEqual([
      10,
      true,
      false,
      false,
    ]);
  });

  it("waits while the last one is being stored, and takes at most a tenth of the time for storing", () => {
    const { world, cadence } = open({ every_seconds: 3 });
    world.storing = true;
    cadence.written();
    world.ms += 4000;
    expect(cadence.isDue()).toBe(false);
    world.storing = false;
    expect(cadence.isDue()).toBe(false);
    world.ms += 35_999;
    expect(cadence.isDue()).toBe(false);
    world.ms += 1;
    expect(cadence.isDue()).toBe(true);
  });
});
