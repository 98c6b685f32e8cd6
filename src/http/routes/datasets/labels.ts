/** Wrong labels of a data set: an audit that finds them, and corrections. */
import { auditLabels } from "../../../app/datasets/audit-labels.ts";
import { correctDataset } from "../../../app/datasets/correct.ts";
import { auditBody } from "../../../domain/datasets/audit-request.ts";
import { correctionsBody } from "../../../domain/datasets/corrections.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { readBodyAs } from "../../connection/body.ts";
import { idempotentId } from "../../connection/idempotency.ts";
import { sendJson } from "../../connection/large-answers.ts";
import type { App, RouteContext } from "../../context.ts";
import { datasetAnswer, datasetJson } from "../../openapi/dataset-schemas.ts";
import { answers } from "../../openapi/openapi.ts";
import { datasetParams } from "../../openapi/parameters.ts";
import { submissionAnswer } from "../../openapi/response-schemas.ts";
import { representJob } from "../../openapi/serializers.ts";

const tags = ["datasets"];
const AUDIT_BYTES = 256 * 1024;
/** Ten thousand cells with labels of a hundred characters. */
const CORRECTION_BYTES = 2 * 1024 * 1024;

/** Registers the routes of labels. */
export function registerLabels(app: App, context: RouteContext): void {
  registerAudit(app, context);
  registerCorrections(app, context);
}

function registerAudit(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/datasets/:id/audit",
    {
      bodyLimit: AUDIT_BYTES,
      config: { idempotency: { makes: "job" } },
      schema: {
        tags,
        operationId: "auditDataset",
        summary: "Look for wrong labels",
        description:
          "Queues a job that cuts the rows into folds several times, predicts each row with networks and straight lines that have not seen it, and ranks the rows by how little probability their class got (confident learning, Northcutt et al. 2021). It can be followed, paused and cancelled like any other job; each cut is an epoch. `evaluation.labels` of its model has the rows. Send corrections to `corrections`.",
        params: datasetParams,
        body: auditBody,
        response: answers({ 202: ["The job, queued.", submissionAnswer] }, [400, 404, 413, 415, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { services, params } = request;
      const { view } = await auditLabels(services, params.id, await readBodyAs(request, "audit"), idempotentId(request));
      reply.log.info({ job_id: view.job.id, dataset_id: params.id }, "audit submitted");
      reply.code(202).header("location", `/v1/jobs/${view.job.id}`);
      return representJob(view);
    },
  );
}

function registerCorrections(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/datasets/:id/corrections",
    {
      bodyLimit: CORRECTION_BYTES,
      schema: {
        tags,
        operationId: "correctDataset",
        summary: "Correct cells of a data set",
        description:
          "Creates a new data set with some cells of one column corrected, and leaves this one unchanged. A note of the new one names this one. The same corrections give the same data set.",
        params: datasetParams,
        body: correctionsBody,
        response: answers(
          {
            200: ["This data set was corrected so before: the data set that it came to then.", datasetAnswer],
            201: ["The corrected data set.", datasetAnswer],
          },
          [400, 404, 413, 415, 422, 503],
        ),
      },
    },
    async (request, reply) => {
      const { services, params, log } = request;
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const corrections = await readBodyAs(request, "corrections");
      const document = await correctDataset(services, params.id, corrections);
      const { id } = document.summary;
      log.info({ dataset_id: id, corrects: params.id, created: document.created }, "data set corrected");
      reply.code(document.created ? 201 : 200).header("location", `/v1/datasets/${id}`);
      return sendJson(reply, datasetJson(document));
    },
  );
}
