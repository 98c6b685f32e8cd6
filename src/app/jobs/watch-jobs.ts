/**
 * Watches jobs: sends every change of any job to all subscribers. A change of state is sent at once, progress a few times a
 * second; of changes that come faster, only the newest is sent. Each change is read from the store once, however many
 * subscribers there are.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import type { JobHint } from "../../domain/ports.ts";
import type { Dependencies } from "../services.ts";
import { type JobView, readJob } from "./job-view.ts";

/** A change of a job: its new view, or its removal. */
export type JobNews =
  | { readonly type: "job"; readonly id: string; readonly reading: JobView }
  | { readonly type: "removed"; readonly id: string; readonly project: string };

export interface JobFeed {
  /** Calls `listen` for every change from now on, in order for each job. Returns an unsubscribe function. */
  subscribe(listen: (news: JobNews) => void): () => void;
}

/** Minimum time between two progress messages about a job. */
const PROGRESS_MS = 250;

/** A job that was sent less than `progressMs` ago. */
interface Throttle {
  /** Identifies the state that was sent: every change of state adds a transition. */
  readonly transitions: number;
  /** The newest view since then, in the same state; null when there is none. */
  latest: JobView | null;
  readonly timer: NodeJS.Timeout;
}

/** Creates a feed over the given dependencies. It reads nothing while there are no subscribers. */
export function createJobFeed(
  dependencies: Pick<Dependencies, "store" | "queue" | "bus" | "log">,
  { progressMs = PROGRESS_MS }: { readonly progressMs?: number } = {},
): JobFeed {
  const listeners = new Set<(news: JobNews) => void>();
  const throttles = new Map<string, Throttle>();
  // One hint a job: a job that changes faster than it is read is read once. A removal overrides a change.
  const hints = new Map<string, JobHint>();
  let stopListening: (() => void) | null = null;
  let reading = false;

  const send = (news: JobNews): void => {
    for (const listen of listeners) listen(news);
  };
  const forget = (id: string): void => {
    clearTimeout(throttles.get(id)?.timer);
    throttles.delete(id);
  };
  const sendJob = (id: string, reading: JobView): void => {
    forget(id);
    const timer = setTimeout(() => {
      const { latest } = throttles.get(id) as Throttle;
      if (latest) sendJob(id, latest);
      else throttles.delete(id);
    }, progressMs);
    timer.unref();
    throttles.set(id, { transitions: reading.job.transitions.length, latest: null, timer });
    send({ type: "job", id, reading });
  };

  const readAndSend = async (id: string): Promise<void> => {
    const now = await readOrNull(dependencies, id);
    if (!now) return;
    const throttle = throttles.get(id);
    if (throttle?.transitions === now.job.transitions.length) throttle.latest = now;
    else sendJob(id, now);
  };
  const read = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    for (const [id, hint] of hints) {
      hints.delete(id);
      if (hint.removed) {
        forget(id);
        send({ type: "removed", id, project: hint.project });
      } else if (listeners.size > 0) await readAndSend(id);
    }
    reading = false;
  };
  const onHint = (hint: JobHint): void => {
    if (hint.jobId.startsWith(ID_PREFIXES.sweep)) return;
    if (!hints.get(hint.jobId)?.removed) hints.set(hint.jobId, hint);
    void read();
  };
  const stop = (): void => {
    stopListening?.();
    stopListening = null;
    hints.clear();
    for (const id of throttles.keys()) forget(id);
  };

  return {
    subscribe(listen) {
      const listener = (news: JobNews) => listen(news);
      listeners.add(listener);
      stopListening ??= dependencies.bus.subscribeAll(onHint);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) stop();
      };
    },
  };
}

async function readOrNull(dependencies: Pick<Dependencies, "store" | "queue" | "log">, id: string): Promise<JobView | null> {
  try {
    return await readJob(dependencies, id);
  } catch (err) {
    // A deleted job sends a hint of its own. Any other error loses this message only; the next hint reads the job again.
    if (!(err instanceof TrainyardError && err.code === "not_found"))
      dependencies.log.error({ err, job_id: id }, "cannot read a changed job");
    return null;
  }
}
