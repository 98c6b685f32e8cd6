/** Lists the webhook deliveries of a job. */
import type { Delivery } from "../../domain/operation/webhook.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { findJob } from "../jobs/job-view.ts";
import type { ProjectServices } from "../services.ts";

/** Lists deliveries, newest first, each with its attempts. Throws not_found for an unknown job. */
export async function listDeliveries(services: ProjectServices, jobId: string, page: PageRequest): Promise<Page<Delivery>> {
  await findJob(services, jobId);
  return services.store.deliveries.list(jobId, page);
}
