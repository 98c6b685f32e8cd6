/** The subscriptions of one reader of many jobs: to single jobs, and to the changes of any job. Knows no connection. */

import { findJob } from "../../app/jobs/job-view.ts";
import type { JobFeed, JobNews } from "../../app/jobs/watch-jobs.ts";
import { DRAINING, follow } from "../../app/metrics/follow.ts";
import type { ProjectServices } from "../../app/services.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { FairWriter } from "./fair-writer.ts";
import { createLatestPerJob } from "./latest-per-job.ts";
import { encodeMessage, encodeNews, type StreamCommand } from "./stream-messages.ts";

export interface SubscriptionOptions {
  readonly services: ProjectServices;
  readonly feed: JobFeed;
  /** The project whose jobs the reader may follow. */
  readonly project: string;
  readonly writer: FairWriter;
  /** Maximum jobs at a time. */
  readonly limit: number;
  /** Called when the subscription to a job (null: to changes) ends early. */
  readonly onTrouble: (error: unknown, jobId: string | null) => void;
}

export interface Subscriptions {
  /** Carries out a message of the reader. Throws not_found, conflict or rate_limited if that is not possible. */
  obey(command: StreamCommand): Promise<void>;
  /** Ends all of them; settles when each has sent its last frame. DRAINING lets jobs have an `end` frame. */
  stop(reason: string): Promise<void>;
}

/** Creates it without subscriptions. */
export function createSubscriptions({ services, feed, project, writer, limit, onTrouble }: SubscriptionOptions): Subscriptions {
  const jobs = new Map<string, AbortController>();
  const streams = new Set<Promise<void>>();
  let leaveTopic: (() => void) | null = null;
  let isOver = false;

  const keep = (stream: Promise<void>, jobId: string | null): void => {
    const kept: Promise<void> = stream
      .catch((error: unknown) => onTrouble(error, jobId))
      .finally(() => void streams.delete(kept));
    streams.add(kept);
  };

  async function followJob(id: string, after: number): Promise<void> {
    if (jobs.has(id)) throw new TrainyardError("conflict", `${id} is followed already: unsubscribe from it first`);
    if (jobs.size >= limit) {
      const detail = `this connection follows ${limit} jobs, which is the maximum: unsubscribe from one, or open another connection`;
      throw new TrainyardError("rate_limited", detail);
    }
    const job = await findJob(services, id);
    if (isOver) return;
    const own = new AbortController();
    jobs.set(id, own);
    keep(sendFrames(job, after, own), id);
  }

  async function sendFrames(job: Job, after: number, own: AbortController): Promise<void> {
    const { signal } = own;
    const isWanted = () => !signal.aborted || signal.reason === DRAINING;
    try {
      for await (const frame of follow(services, job, { after, signal })) {
        if (!(await writer.send(frame, isWanted))) return;
      }
    } finally {
      if (jobs.get(job.id) === own) jobs.delete(job.id);
    }
  }

  function unfollowJob(id: string): void {
    jobs.get(id)?.abort("unsubscribed");
    jobs.delete(id);
  }

  async function followChanges(): Promise<void> {
    if (!leaveTopic) {
      const box = createLatestPerJob();
      const leaveFeed = feed.subscribe((news) => projectOf(news) === project && box.put(news));
      leaveTopic = () => {
        leaveFeed();
        box.close();
      };
      keep(sendNews(box.take()), null);
    }
    // It waits its turn before any changes: changes from now on are reported.
    await writer.send({ json: encodeMessage({ type: "subscribed", topic: "jobs" }) });
  }

  async function sendNews(pieces: AsyncIterable<JobNews>): Promise<void> {
    for await (const news of pieces) if (!(await writer.send({ json: encodeNews(news) }))) return;
  }

  function unfollowChanges(): void {
    leaveTopic?.();
    leaveTopic = null;
  }

  return {
    async obey(command) {
      if (command.type === "subscribe") {
        if ("job" in command) await followJob(command.job, command.after);
        else await followChanges();
      } else if ("job" in command) unfollowJob(command.job);
      else unfollowChanges();
    },
    async stop(reason) {
      isOver = true;
      unfollowChanges();
      for (const own of jobs.values()) own.abort(reason);
      await Promise.all(streams);
    },
  };
}

function projectOf(news: JobNews): string {
  return news.type === "job" ? news.reading.job.project : news.project;
}
