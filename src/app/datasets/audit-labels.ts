/** Submits the job that audits the labels of a data set. */
import { type AuditRequest, auditErrors, auditSpec } from "../../domain/datasets/audit-request.ts";
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import { type Submitted, submit } from "../jobs/submit.ts";
import type { ProjectServices } from "../services.ts";

/** Queues the job, or returns the existing job with this id. Throws not_found, and invalid with every fault of the request. */
export async function auditLabels(
  services: ProjectServices,
  datasetId: string,
  request: AuditRequest,
  id: string | undefined,
): Promise<Submitted> {
  const document = await services.store.datasets.describe(datasetId);
  if (!document) throw notFound("data set", datasetId);
  const body = new TextEncoder().encode(JSON.stringify(auditSpec(document.summary, request)));
  try {
    return (await submit(services, body, { validateOnly: false, id })) as Submitted;
  } catch (error) {
    if (error instanceof TrainyardError && error.code === "invalid") throw invalid(auditErrors(error.errors));
    throw error;
  }
}
