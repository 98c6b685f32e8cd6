/** When an epoch of a job ended, by the clock on the wall: the time that epochs took, without the pauses between them. Pure. */
import type { JobState } from "../../domain/jobs/job.ts";

/** A stretch in which a job trained, in epoch milliseconds. The last one has no end. */
export interface RunningSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** In these states a job trains: one that is to pause or to end still finishes its epoch. */
const TRAINS: ReadonlySet<JobState> = new Set(["running", "pausing", "cancelling"]);

/**
 * Returns the stretches of a job's changes of state, in their order; at least one, which begins at `startedAtMs` where none is known. What
 * takes longer than they say is counted on from the last: epochs are measured by another clock than changes of state.
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

/** Returns when a job had trained for `ranMs`, in epoch milliseconds. Made for times that grow: each call goes on where the one before was. */
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

/** Returns for how long a job had trained at a time, both in milliseconds. */
export function ranUntil(spans: readonly RunningSpan[], atMs: number): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(atMs, toMs) - fromMs), 0);
}
