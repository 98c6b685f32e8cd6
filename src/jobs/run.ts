/** Run: takes jobs from the queue as long as a thread is free, and gives them back when the server stops. */
import { coalesce } from "./coalesce.ts";
import { execute } from "./execute.ts";
import type { Services } from "./services.ts";

export interface Runner {
  /** Takes no more jobs, ends those that run and puts them back into the queue. Resolves when all of it is stored. */
  stop(): Promise<void>;
}

export interface RunnerOptions {
  /** Jobs at the same time; not more than the trainers have threads. */
  readonly workers: number;
}

/** How long the runner waits after the store has failed it. */
const RETRY_MS = 1000;

/** Starts taking jobs. */
export function startRunner(services: Services, { workers }: RunnerOptions): Runner {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let retry: NodeJS.Timeout | undefined;

  const fill = coalesce(async () => {
    while (!stopping.signal.aborted && running.size < workers) {
      const job = await services.queue.claim();
      if (!job) return;
      const run = execute(services, job, stopping.signal).finally(() => {
        running.delete(run);
        look();
      });
      running.add(run);
    }
  });
  const look = (): void => {
    clearTimeout(retry);
    fill().catch((err: unknown) => {
      services.log.error({ err }, "cannot take a job from the queue");
      if (!stopping.signal.aborted) retry = setTimeout(look, RETRY_MS);
    });
  };

  const stopListening = services.queue.onWork(look);
  look();
  return {
    async stop() {
      stopping.abort();
      stopListening();
      clearTimeout(retry);
      // A claim may be under way: its job is put back too.
      await fill().catch(() => undefined);
      await Promise.all(running);
    },
  };
}
