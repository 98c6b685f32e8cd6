/** The wall-clock time at which an epoch of a job ended: the duration of epochs, without the pauses between them. Pure. */
import type { JobState } from "../../domain/jobs/job.ts";

/** A stretch in which a job trained, in epoch milliseconds. The last one has no end. */
export interface RunningSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** States in which a job trains: one that is to pause or to end still finishes its epoch. */
const TRAINS: ReadonlySet<JobState> = new Set(["running", "pausing", "cancelling"]);

/**
 * Returns the training periods from a job's state changes, in their order; at least one, which begins at `startedAtMs` if none is known.
 * Time beyond them is added to the last one, because epochs and state changes are measured by different clocks.
 */
export function runningSpans(
  transitions: readonly { readonly state: JobState; readonly atMs: number }[],
  startedAtMs: number,
): readonly RunningSpan[] {
  const spans: { fromMs: number; toMs: number }[] = [];
  let isOpen = false;
  for (const { state, atMs } of transitions) {
    const last = spans.at(-1);
    if (TRAINS.has(state) && !isOpen)
      spans.push({ fromMs: Math.max(atMs, last?.toMs ?? atMs), toMs: Number.POSITIVE_INFINITY });
    else if (!TRAINS.has(state) && isOpen && last) last.toMs = Math.max(atMs, last.fromMs);
    isOpen = TRAINS.has(state);
  }
  const last = spans.at(-1);
  if (!last) return [{ fromMs: startedAtMs, toMs: Number.POSITIVE_INFINITY }];
  last.toMs = Number.POSITIVE_INFINITY;
  return spans;
}

/** Returns when a job had trained for `ranMs`, in epoch milliseconds. Expects ascending times: each call continues from the one before. */
export function wallClock(spans: readonly RunningSpan[]): (ranMs: number) => number {
  let place = 0;
  let before = 0;
  return (ranMs) => {
    for (;;) {
      const { fromMs, toMs } = spans[place] as RunningSpan;
      const at = fromMs + (ranMs - before);
      if (at <= toMs || place === spans.length - 1) return at;
      before += toMs - fromMs;
      place++;
    }
  };
}

/** Returns how long a job had trained at a time, both in milliseconds. */
export function ranUntil(spans: readonly RunningSpan[], atMs: number): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(atMs, toMs) - fromMs), 0);
}
