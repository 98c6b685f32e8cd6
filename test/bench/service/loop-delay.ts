/** Preloaded into a server that is measured: watches the event loop and the memory, and reports what it saw whenever it is asked to. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Of the time since the report before. */
export interface LoopReport {
  /** How late the loop was for a timer of 1 ms, whoever held it up: the loop itself, or others on the same cores. */
  readonly worstMs: number;
  readonly p99Ms: number;
  readonly meanMs: number;
  /** Most processor time that the loop itself took between two turns of that timer. */
  readonly busiestMs: number;
  /** Of the main thread's heap, after a collection where the process may ask for one; and of the process. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

const RESOLUTION_MS = 1;

if (isMainThread && process.send) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const busy = watchBusiest();
  // The recorded intervals include the timer's own.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  process.on("message", () => {
    globalThis.gc?.();
    const memory = process.memoryUsage();
    const report: LoopReport = {
      worstMs: late(histogram.max),
      p99Ms: late(histogram.percentile(99)),
      meanMs: late(histogram.mean),
      busiestMs: busy.take(),
      heapBytes: memory.heapUsed,
      rssBytes: memory.rss,
    };
    histogram.reset();
    process.send?.(report);
  });
  process.channel?.unref();
}

function watchBusiest(): { take(): number } {
  let last = process.threadCpuUsage();
  let busiestMs = 0;
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    busiestMs = Math.max(busiestMs, (user + system) / 1000);
  }, RESOLUTION_MS).unref();
  return {
    take() {
      const taken = busiestMs;
      busiestMs = 0;
      return taken;
    },
  };
}
