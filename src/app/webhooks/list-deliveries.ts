/** Lists the webhook deliveries of what sends them: jobs, models in use, and runs of schedules. */
import { notFound } from "../../domain/errors.ts";
import type { Delivery } from "../../domain/operation/webhook.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { findJob } from "../jobs/job-view.ts";
import { findModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

/** Of a job, newest first, each with its attempts. Throws not_found for an unknown job. */
export async function listDeliveries(services: ProjectServices, jobId: string, page: PageRequest): Promise<Page<Delivery>> {
  await findJob(services, jobId);
  return services.store.deliveries.list(jobId, page);
}

/** Of a model in use, likewise: what was sent of drift, whatever webhook it had then. Throws not_found. */
export async function listModelDeliveries(services: ProjectServices, ref: string, page: PageRequest): Promise<Page<Delivery>> {
  const { id } = await findModel(services, ref);
  return services.store.deliveries.list(id, page);
}

/** Of a run of a schedule, likewise. Throws not_found for a run that is none of this schedule's. */
export async function listRunDeliveries(
  services: ProjectServices,
  { id: scheduleId, run: runId }: { readonly id: string; readonly run: string },
  page: PageRequest,
): Promise<Page<Delivery>> {
  const run = await services.store.scheduleRuns.get(runId);
  if (run?.scheduleId !== scheduleId) throw notFound("run", runId);
  return services.store.deliveries.list(runId, page);
}
