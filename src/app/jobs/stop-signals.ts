/** Tells an attempt to pause or to stop: its job is to pause, was cancelled, or belongs to another attempt now. */
import type { Job } from "../../domain/jobs/job.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";

export interface StopSignals {
  /** Aborted to end the attempt at once. */
  readonly cancel: AbortController;
  /** Aborted to write a checkpoint and end. The reason is "pause" or "stop". */
  readonly stop: AbortController;
}

export interface Watch {
  /** Takes the number of an event that this attempt has stored. A hint of that event needs no read of the job. */
  stored(seq: number): void;
  end(): void;
}

/** Time after which a job is read again, because it may have changed between its claim and the start of the watch. */
const FIRST_CHECK_MS = 20;

/** Watches the state of a job, as it was claimed, and aborts the matching signal. */
export function watch({ store, bus, log }: Services, { id, attempt, lastSeq }: Job, { cancel, stop }: StopSignals): Watch {
  // The sequence has no gaps: if the hint is the next number and the event is our own, nothing else has happened.
  let known = lastSeq;
  const check = singleFlight(async () => {
    if (cancel.signal.aborted) return;
    const job = await store.jobs.get(id);
    if (job?.attempt !== attempt) cancel.abort();
    else if (job.state === "pausing") stop.abort("pause");
    else if (job.state !== "running") cancel.abort();
  });
  const wake = (seq?: number): void => {
    if (seq !== undefined && seq <= known) return;
    check().catch((err: unknown) => log.error({ err, job_id: id }, "cannot check whether the job is to stop"));
  };
  const unsubscribe = bus.subscribe(id, wake);
  // The state may have changed before the subscription. If the run is over by then, the store decides.
  const first = setTimeout(wake, FIRST_CHECK_MS);
  return {
    stored: (seq) => {
      if (seq === known + 1) known = seq;
    },
    end: () => {
      clearTimeout(first);
      unsubscribe();
    },
  };
}
