/** Job changes that wait to be sent to one reader: only the newest of each job, so that a slow reader needs bounded memory. */
import type { JobNews } from "../../app/jobs/watch-jobs.ts";

export interface LatestPerJob {
  put(news: JobNews): void;
  /** Yields what is put in, as it comes, until the buffer is closed. */
  take(): AsyncGenerator<JobNews, void, void>;
  close(): void;
}

/** Creates an empty buffer. */
export function createLatestPerJob(): LatestPerJob {
  const waiting = new Map<string, JobNews>();
  let bell = Promise.withResolvers<void>();
  let isOpen = true;
  return {
    put(news) {
      waiting.set(news.id, news);
      bell.resolve();
    },
    close() {
      isOpen = false;
      bell.resolve();
    },
    async *take() {
      while (isOpen) {
        // Before the check, so that nothing put in after it is left waiting.
        bell = Promise.withResolvers<void>();
        for (const [id, news] of waiting) {
          waiting.delete(id);
          yield news;
          if (!isOpen) return;
        }
        await bell.promise;
      }
    },
  };
}
