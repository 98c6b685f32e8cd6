import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createHistogram } from "../../src/telemetry/histogram.ts";

const BUCKETS = [0.001, 0.01, 0.1, 1];
const HEAD = { name: "a_seconds", help: "Something.", labelNames: ["kind"] };

describe("a histogram", () => {
  it("shows what prom-client's own shows of the same observations", async () => {
    const seconds = fc.oneof(fc.constantFrom(...BUCKETS), fc.double({ min: 0, max: 2, noNaN: true }));
    const observations = fc.array(fc.tuple(fc.constantFrom("a", 'b "quoted"'), seconds), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(observations, async (all) => {
        const [ours, theirs] = [new Registry(), new Registry()];
        const own = createHistogram({ ...HEAD, buckets: BUCKETS, registry: ours });
        const peer = new Histogram({ ...HEAD, buckets: BUCKETS, registers: [theirs] });
        for (const [kind, value] of all) {
          own.labels(kind).observe(value);
          peer.labels(kind).observe(value);
        }
        expect(await ours.metrics()).toBe(await theirs.metrics());
      }),
      { numRuns: 30 },
    );
  });

  it("has its series from the start when it has no labels, and takes no value that is none", async () => {
    const registry = new Registry();
    const histogram = createHistogram({ name: "b_seconds", help: "Other.", buckets: BUCKETS, labelNames: [], registry });
    histogram.observe(Number.NaN);
    expect(await registry.metrics()).toContain("b_seconds_count 0");
  });
});
