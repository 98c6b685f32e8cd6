/** Watch: an attempt hears what others wish of its job: that it pause, that it end, or that it is not this attempt's any more. */
import type { Job } from "../../domain/jobs/job.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";

export interface StopSignals {
  /** Aborted: end at once. */
  readonly cancel: AbortController;
  /** Aborted: write a checkpoint and end. Its reason is "pause" or "stop". */
  readonly stop: AbortController;
}

/** Aborts what the job's state asks for. Returns what ends that. */
export function watch({ store, bus, log }: Services, { id, attempt }: Job, { cancel, stop }: StopSignals): () => void {
  const look = singleFlight(async () => {
    if (cancel.signal.aborted) return;
    const job = await store.jobs.get(id);
    if (job?.attempt !== attempt) cancel.abort();
    else if (job.state === "pausing") stop.abort("pause");
    else if (job.state !== "running") cancel.abort();
  });
  const wake = (): void => {
    look().catch((err: unknown) => log.error({ err, job_id: id }, "cannot see what is wished of the job"));
  };
  const unsubscribe = bus.subscribe(id, wake);
  // It may have changed before the subscription.
  wake();
  return unsubscribe;
}
