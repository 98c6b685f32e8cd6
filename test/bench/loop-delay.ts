/** Preloaded into a server that is measured: watches the event loop, and reports what it saw whenever it is asked to. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Milliseconds that the loop was late for a timer of 1 ms, since the report before. */
export interface LoopReport {
  readonly worstMs: number;
  readonly p99Ms: number;
  readonly meanMs: number;
}

const RESOLUTION_MS = 1;

if (isMainThread && process.send) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // The recorded intervals include the timer's own.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  process.on("message", () => {
    const report: LoopReport = {
      worstMs: late(histogram.max),
      p99Ms: late(histogram.percentile(99)),
      meanMs: late(histogram.mean),
    };
    histogram.reset();
    process.send?.(report);
  });
  process.channel?.unref();
}
