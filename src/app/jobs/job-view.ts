/** Reads a job for display: the record, its position in the queue, and its progress. */
import { notFound } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { JobFilter } from "../../domain/jobs/job-store.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { ProjectServices } from "../services.ts";

export interface JobView {
  readonly job: Job;
  /** Position counts from 1. Null unless the job is queued, and null in lists, where it would take a query for each job. */
  readonly queue: { readonly position: number; readonly jobsAhead: number } | null;
  /** 0..1. */
  readonly progress: number;
  /** Seconds until the last epoch at the average speed so far; null when it is not known. */
  readonly etaS: number | null;
}

/** Returns the record of a job. Throws not_found. */
export async function findJob({ store }: Pick<ProjectServices, "store">, id: string): Promise<Job> {
  const job = await store.jobs.get(id);
  if (!job) throw notFound("job", id);
  return job;
}

/** Returns the view of a job. Throws not_found. */
export async function readJob(services: Pick<ProjectServices, "store" | "queue">, id: string): Promise<JobView> {
  return viewOf(services, await findJob(services, id));
}

/** Returns the view of a job that was just read or written. */
export async function viewOf({ queue }: Pick<ProjectServices, "queue">, job: Job): Promise<JobView> {
  return assembleView(job, job.state === "queued" ? await queue.position(job.id) : null);
}

/** Lists jobs, newest first. */
export async function listJobs({ store }: ProjectServices, filter: JobFilter, page: PageRequest): Promise<Page<JobView>> {
  const { data, hasMore, nextAfter } = await store.jobs.list(filter, page);
  return { data: data.map((job) => assembleView(job, null)), hasMore, nextAfter };
}

function assembleView(job: Job, jobsAhead: number | null): JobView {
  return {
    job,
    queue: jobsAhead === null ? null : { position: jobsAhead + 1, jobsAhead },
    progress: job.state === "succeeded" ? 1 : Math.min(1, job.epochsDone / job.spec.epochs),
    etaS: etaOf(job, Date.now()),
  };
}

/** The speed is that of all attempts together: epochs done over the time spent running. */
function etaOf({ state, transitions, epochsDone, spec }: Job, now: number): number | null {
  if (state !== "running" || epochsDone === 0) return null;
  const spans = transitions.map((transition, index) =>
    transition.state === "running" ? Math.max(0, (transitions[index + 1]?.at ?? now) - transition.at) : 0,
  );
  const seconds = ((spans.reduce((sum, ms) => sum + ms, 0) / 1000) * (spec.epochs - epochsDone)) / epochsDone;
  return Math.max(0, Math.round(seconds * 10) / 10);
}
