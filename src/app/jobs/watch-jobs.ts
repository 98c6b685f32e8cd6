/**
 * Watch jobs: tells of every job that changes, to all who look at once. A change of state is told at once, progress a few
 * times a second; what comes faster is told as the newest there is. Reads each change once, whoever listens.
 */
import { TrainyardError } from "../../domain/errors.ts";
import type { JobHint } from "../../domain/ports.ts";
import type { Dependencies } from "../services.ts";
import { type JobView, readJob } from "./job-view.ts";

/** What has happened to a job: it is now like this, or it was deleted. */
export type JobNews =
  | { readonly type: "job"; readonly id: string; readonly reading: JobView }
  | { readonly type: "removed"; readonly id: string; readonly project: string };

export interface JobFeed {
  /** From this call on every change is told, in the order of each job's changes. Returns what ends that. */
  subscribe(listen: (news: JobNews) => void): () => void;
}

/** Least time between two tellings of a job's progress. */
const PROGRESS_MS = 250;

/** A job that was told of a moment ago. */
interface Lease {
  /** Which state that was: every change of state adds a transition. */
  readonly transitions: number;
  /** What came since, in the same state. */
  latest: JobView | null;
  readonly timer: NodeJS.Timeout;
}

/** The feed of a world. It looks at nothing while nobody listens. */
export function createJobFeed(
  dependencies: Pick<Dependencies, "store" | "queue" | "bus" | "log">,
  { progressMs = PROGRESS_MS }: { readonly progressMs?: number } = {},
): JobFeed {
  const listeners = new Set<(news: JobNews) => void>();
  const holds = new Map<string, Lease>();
  // A job that changes faster than it is read is read once; that it was removed goes before that it changed.
  const hints = new Map<string, JobHint>();
  let stopListening: (() => void) | null = null;
  let reading = false;

  const tell = (news: JobNews): void => {
    for (const listen of listeners) listen(news);
  };
  const forget = (id: string): void => {
    clearTimeout(holds.get(id)?.timer);
    holds.delete(id);
  };
  const tellJob = (id: string, reading: JobView): void => {
    forget(id);
    const timer = setTimeout(() => {
      const { latest } = holds.get(id) as Lease;
      if (latest) tellJob(id, latest);
      else holds.delete(id);
    }, progressMs);
    timer.unref();
    holds.set(id, { transitions: reading.job.transitions.length, latest: null, timer });
    tell({ type: "job", id, reading });
  };

  const look = async (id: string): Promise<void> => {
    const now = await readOrNull(dependencies, id);
    if (!now) return;
    const hold = holds.get(id);
    if (hold?.transitions === now.job.transitions.length) hold.latest = now;
    else tellJob(id, now);
  };
  const read = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    for (const [id, hint] of hints) {
      hints.delete(id);
      if (hint.removed) {
        forget(id);
        tell({ type: "removed", id, project: hint.project });
      } else if (listeners.size > 0) await look(id);
    }
    reading = false;
  };
  const onHint = (hint: JobHint): void => {
    if (!hints.get(hint.jobId)?.removed) hints.set(hint.jobId, hint);
    void read();
  };
  const stop = (): void => {
    stopListening?.();
    stopListening = null;
    hints.clear();
    for (const id of holds.keys()) forget(id);
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
    // A job that is gone has a hint of its own coming. Any other failure costs this telling; the next hint looks again.
    if (!(err instanceof TrainyardError && err.code === "not_found"))
      dependencies.log.error({ err, job_id: id }, "cannot tell of a job's change");
    return null;
  }
}
