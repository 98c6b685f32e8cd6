import { describe, expect, it } from "vitest";
import { createTraceLimit } from "../../src/telemetry/trace-limit.ts";

function limitOf(perSecond: number) {
  const clock = { ms: 5000 };
  const limit = createTraceLimit(perSecond, () => clock.ms);
  const taken = (tries: number) => Array.from({ length: tries }, () => limit.take()).filter(Boolean).length;
  return { clock, limit, taken };
}

describe("the limit of traces", () => {
  it("takes a second's worth at once, and then so many a second however many come", () => {
    const { clock, taken } = limitOf(125);
    expect(taken(1000)).toBe(125);
    let later = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      clock.ms++;
      later += taken(7);
    }
    expect(later).toBe(1250);
  });

  it("takes every request of a quiet server", () => {
    const { clock, taken } = limitOf(10);
    for (let request = 0; request < 500; request++) {
      clock.ms += 100;
      expect(taken(1)).toBe(1);
    }
  });

  it("keeps no more than a second's worth, however long nothing comes", () => {
    for (const before of [0, 1, 7, 20]) {
      const { clock, taken } = limitOf(20);
      expect(taken(before)).toBe(before);
      clock.ms += 3_600_000;
      expect(taken(50)).toBe(20);
      clock.ms += 3_600_000;
      expect(taken(50)).toBe(20);
    }
  });

  it("takes nothing when it is only asked", () => {
    const { limit, taken } = limitOf(1);
    expect([limit.hasRoom(), limit.hasRoom(), taken(2), limit.hasRoom()]).toEqual([true, true, 1, false]);
  });
});
