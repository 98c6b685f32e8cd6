/** The spans of a job after its request: the wait in the queue, each run, and the epochs of a run. */
import type { Job } from "../domain/jobs/job.ts";
import type { MetricChunk } from "../domain/metrics/metric.ts";
import { causeOf, type Span, type Tracing } from "../domain/operation/tracing.ts";

/**
 * A span of epochs ends when it has taken this share of the run so far. So the number of spans grows with the logarithm of the run's time:
 * some 300 in a day.
 */
const SHARE = 1 / 24;

/**
 * Starts the span of a run and that of the wait before it, under the span that queued the job: the request that submitted or resumed it, or
 * the interrupted run, in whatever process that was.
 */
export function startRunSpan(tracing: Tracing, job: Job): Span {
  const parent = causeOf(job);
  const attributes = { "trainyard.job.id": job.id, "trainyard.project": job.project };
  const queuedAt = job.transitions.findLast(({ state }) => state === "queued")?.at;
  const startedAt = job.transitions.findLast(({ state }) => state === "running")?.at ?? Date.now();
  if (queuedAt !== undefined)
    tracing.start("queue job", { parent, attributes, startedAt: queuedAt }).end({ endedAt: Math.max(queuedAt, startedAt) });
  return tracing.start("run job", { parent, attributes: { ...attributes, "trainyard.job.attempt": job.attempt } });
}

/** Follows the epochs of a run. */
export interface EpochSpans {
  /** Reports newly trained epochs. */
  trained(chunk: MetricChunk): void;
  /** Ends the span of the last reported epochs. */
  end(): void;
}

/** Traces the epochs of a run under its span, some in each span. Does nothing if nothing is traced. */
export function traceEpochs(tracing: Tracing, run: Span): EpochSpans {
  if (!tracing.isOn) return { trained: () => undefined, end: () => undefined };
  const runFrom = Date.now();
  let from = runFrom;
  let epochs: { readonly first: number; readonly last: number; readonly steps: number } | null = null;
  const end = (): void => {
    if (!epochs) return;
    const attributes = {
      "trainyard.epoch.first": epochs.first,
      "trainyard.epoch.last": epochs.last,
      "trainyard.steps": epochs.steps,
    };
    const endedAt = Date.now();
    tracing.start("train epochs", { parent: run.traceparent, attributes, startedAt: from }).end({ endedAt });
    from = endedAt;
    epochs = null;
  };
  return {
    trained(chunk) {
      epochs = { first: epochs?.first ?? chunk.from, last: chunk.to, steps: (epochs?.steps ?? 0) + (chunk.steps ?? 0) };
      const now = Date.now();
      if (now - from >= SHARE * (now - runFrom)) end();
    },
    end,
  };
}
