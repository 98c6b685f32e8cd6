import fc from "fast-check";
import { expect, it } from "vitest";
import type { JobMetrics } from "../../../src/domain/jobs/job.ts";
import { addChunk } from "../../../src/domain/metrics/live-metrics.ts";
import type { Series } from "../../../src/domain/metrics/metric.ts";
import { createRecorder } from "../../../src/training/run/recorder.ts";

const loss = fc.oneof(fc.double(), fc.constantFrom(0, 1, 2), fc.constant(Number.NaN));

it("comes to what the thread that trains says at its end, however the epochs are cut into chunks", () => {
  fc.assert(
    fc.property(
      fc.array(loss, { minLength: 1 }),
      fc.array(fc.nat(8)),
      fc.array(fc.nat(8)),
      fc.boolean(),
      (losses, calls, cuts, validates) => {
        const monitor = validates ? "val_loss" : "loss";
        const names: Series[] = validates ? ["loss", "val_loss"] : ["loss"];
        const recorder = createRecorder(names, monitor, 0, () => undefined);
        const columns = (values: number[]) =>
          new Map(names.map((name) => [name, Float64Array.from(values, (value) => (name === "loss" ? value : -value))]));
        for (let row = 0; row < losses.length; ) {
          const values = losses.slice(row, row + 1 + (calls[row] ?? 0));
          recorder.record(columns(values), values.length, 0);
          row += values.length;
        }
        let metrics: JobMetrics | null = null;
        for (let row = 0; row < losses.length; ) {
          const values = losses.slice(row, row + 1 + (cuts[row] ?? 0));
          const series = {
            loss: Float64Array.from(values),
            ...(validates && { val_loss: Float64Array.from(values, (value) => -value) }),
          };
          metrics = addChunk(metrics, { from: row + 1, to: row + values.length, series });
          row += values.length;
        }
        expect(metrics).toEqual(recorder.metrics());
      },
    ),
  );
});
