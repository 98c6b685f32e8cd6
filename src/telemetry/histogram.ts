/**
 * A histogram that is cheap to observe: a series is an array of numbers, and the text for Prometheus is built only on a scrape.
 * The histogram of prom-client looks up its series by a string of all labels on each call, which costs as much time as a small
 * prediction.
 */
import type { MetricObjectWithValues, MetricValue, Registry } from "prom-client";

/** One series of a histogram. */
export interface Observer {
  observe(seconds: number): void;
}

export interface Histogram {
  /** Returns the series with these label values, in the order of the labels. */
  labels(...values: readonly string[]): Observer;
  /** Observes a value in the series of a histogram without labels. */
  observe(seconds: number): void;
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
  readonly labelNames: readonly string[];
  readonly registry: Registry;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Counts per bucket, not cumulative, plus one count for values above the last bucket. */
  readonly counts: Float64Array;
  sum: number;
}

/** Adds an empty histogram to a registry. A histogram without labels has its series from the start. */
export function createHistogram({ name, help, buckets, labelNames, registry }: HistogramOptions): Histogram {
  const all = new Map<string, Series>();
  const seriesOf = (values: readonly string[]): Series => {
    const key = JSON.stringify(values);
    const known = all.get(key);
    if (known) return known;
    const labels = Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ""]));
    const series = { labels, counts: new Float64Array(buckets.length + 1), sum: 0 };
    all.set(key, series);
    return series;
  };
  const observe = (series: Series, seconds: number): void => {
    if (!Number.isFinite(seconds)) return;
    let bucket = 0;
    while (bucket < buckets.length && seconds > (buckets[bucket] as number)) bucket++;
    series.counts[bucket] = (series.counts[bucket] as number) + 1;
    series.sum += seconds;
  };
  const metric = {
    name,
    get: async () => ({ name, help, type: "histogram", aggregator: "sum", values: valuesOf(name, buckets, all.values()) }),
    reset: () => all.clear(),
  };
  registry.registerMetric(metric as unknown as Parameters<Registry["registerMetric"]>[0]);
  const plain = labelNames.length === 0 ? seriesOf([]) : null;
  return {
    labels: (...values) => {
      const series = seriesOf(values);
      return { observe: (seconds) => observe(series, seconds) };
    },
    observe: (seconds) => plain && observe(plain, seconds),
  };
}

type Values = MetricObjectWithValues<MetricValue<string> & { readonly metricName: string }>["values"];

/** Returns a histogram in the exposition format: cumulative buckets, the last one unbounded, then sum and count. */
function valuesOf(name: string, buckets: readonly number[], all: Iterable<Series>): Values {
  const values: Values = [];
  for (const { labels, counts, sum } of all) {
    let count = 0;
    [...buckets, "+Inf"].forEach((le, index) => {
      count += counts[index] as number;
      values.push({ labels: { le, ...labels }, value: count, metricName: `${name}_bucket` });
    });
    values.push({ labels, value: sum, metricName: `${name}_sum` }, { labels, value: count, metricName: `${name}_count` });
  }
  return values;
}
