/** Lists webhook deliveries by their origin: jobs, monitored models, and runs of schedules. */
import { notFound } from "../../domain/errors.ts";
import type { Delivery } from "../../domain/operation/webhook.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { findJob } from "../jobs/job-view.ts";
import { findModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

/** Lists those of a job, newest first, each with its attempts. Throws not_found for an unknown job. */
export async function listDeliveries(services: ProjectServices, jobId: string, page: PageRequest): Promise<Page<Delivery>> {
  await findJob(services, jobId);
  return services.store.deliveries.list(jobId, page);
}

/** Lists those of a monitored model: what was sent about drift, whatever webhook it had then. Throws not_found. */
export async function listModelDeliveries(services: ProjectServices, ref: string, page: PageRequest): Promise<Page<Delivery>> {
  const { id } = await findModel(services, ref);
  return services.store.deliveries.list(id, page);
}

/** Lists those of a run of a schedule. Throws not_found if the run is not one of this schedule's. */
export async function listRunDeliveries(
  services: ProjectServices,
  { id: scheduleId, run: runId }: { readonly id: string; readonly run: string },
  page: PageRequest,
): Promise<Page<Delivery>> {
  const run = await services.store.scheduleRuns.get(runId);
  if (run?.scheduleId !== scheduleId) throw notFound("schedule run", runId);
  return services.store.deliveries.list(runId, page);
}
