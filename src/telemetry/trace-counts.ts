/** Counts the requests and spans that are missing from the traces. */
import { Counter, type Registry } from "prom-client";

/** What is missing so far. Plain fields, so that counting costs a request next to nothing. */
export interface TraceCounts {
  /** Requests left out because of the limit of traces a second. */
  leftOut: number;
  /** Ended spans that did not reach the receiver. */
  lost: number;
}

/** Creates the counts at 0, and their two counters in a registry. */
export function createTraceCounts(registry: Registry): TraceCounts {
  const counts: TraceCounts = { leftOut: 0, lost: 0 };
  const counter = (name: string, help: string, field: keyof TraceCounts) =>
    new Counter({
      ...{ name, help, registers: [registry] },
      collect() {
        this.reset();
        this.inc(counts[field]);
      },
    });
  counter(
    "trainyard_traces_left_out_total",
    "Requests, probes included, without a span because more came than TRAINYARD_TRACES_PER_SECOND records.",
    "leftOut",
  );
  counter("trainyard_spans_lost_total", "Spans lost because the receiver failed, or the queue of exports was full.", "lost");
  return counts;
}
