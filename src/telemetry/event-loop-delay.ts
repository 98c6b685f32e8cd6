/**
 * The delay of the event loop, under prom-client's metric names. prom-client's own gauges reset on every scrape, whoever scrapes: two Prometheus
 * servers each see a part of the delays, and opening /metrics by hand empties the next scrape, which ends a pending alert.
 */
import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/** Minimum time that a reading covers, however often others scrape. */
const MIN_MS = 15_000;
/** Period of the timer whose delay is measured. An idle event loop reports about this much. */
const RESOLUTION_MS = 10;
const NANOSECONDS = 1e-9;

const FIGURES: Readonly<Record<string, readonly [help: string, read: (delays: ELDHistogram) => number]>> = {
  min: ["The minimum recorded event loop delay.", ({ min }) => min],
  max: ["The maximum recorded event loop delay.", ({ max }) => max],
  mean: ["The mean of the recorded event loop delays.", ({ mean }) => mean],
  stddev: ["The standard deviation of the recorded event loop delays.", ({ stddev }) => stddev],
  p50: ["The 50th percentile of the recorded event loop delays.", (delays) => delays.percentile(50)],
  p90: ["The 90th percentile of the recorded event loop delays.", (delays) => delays.percentile(90)],
  p99: ["The 99th percentile of the recorded event loop delays.", (delays) => delays.percentile(99)],
};

interface Recording {
  readonly delays: ELDHistogram;
  since: number;
}

/** Replaces prom-client's gauges of the event loop in a registry. */
export function exposeEventLoopDelay(registry: Registry): void {
  let [older, newer] = [record(), record()];
  const turn = (): void => {
    const now = performance.now();
    if (now - newer.since < MIN_MS) return;
    older.delays.reset();
    older.since = now;
    [older, newer] = [newer, older];
  };
  for (const figure of [undefined, ...Object.keys(FIGURES)]) registry.removeSingleMetric(nameOf(figure));
  // Metrics are collected in the order of registration, so the first one sets the others.
  new Gauge({
    name: nameOf(),
    help: "Lag of event loop in seconds.",
    registers: [registry],
    collect() {
      const asked = performance.now();
      setImmediate(() => this.set((performance.now() - asked) / 1000));
      if (older.delays.count === 0) return;
      for (const { gauge, read } of figures) gauge.set(read(older.delays) * NANOSECONDS);
      turn();
    },
  });
  const figures = Object.entries(FIGURES).map(([name, [help, read]]) => ({
    gauge: new Gauge({ name: nameOf(name), help, registers: [registry] }),
    read,
  }));
}

const nameOf = (figure?: string) => `nodejs_eventloop_lag_${figure === undefined ? "" : `${figure}_`}seconds`;

function record(): Recording {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return { delays, since: performance.now() };
}
