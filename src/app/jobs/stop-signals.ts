/** Signals an attempt that its job is to pause, that it was cancelled, or that it belongs to another attempt. */
import type { Job } from "../../domain/jobs/job.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";

export interface StopSignals {
  /** Aborted to end the attempt at once. */
  readonly cancel: AbortController;
  /** Aborted to write a checkpoint and end. The reason is "pause" or "stop". */
  readonly stop: AbortController;
}

/** Watches the state of a job and aborts the matching signal. Returns an unsubscribe function. */
export function watch({ store, bus, log }: Services, { id, attempt }: Job, { cancel, stop }: StopSignals): () => void {
  const check = singleFlight(async () => {
    if (cancel.signal.aborted) return;
    const job = await store.jobs.get(id);
    if (job?.attempt !== attempt) cancel.abort();
    else if (job.state === "pausing") stop.abort("pause");
    else if (job.state !== "running") cancel.abort();
  });
  const wake = (): void => {
    check().catch((err: unknown) => log.error({ err, job_id: id }, "cannot check whether the job is to stop"));
  };
  const unsubscribe = bus.subscribe(id, wake);
  // The state may have changed before the subscription.
  wake();
  return unsubscribe;
}
