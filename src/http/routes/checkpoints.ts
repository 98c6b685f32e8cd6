/** Checkpoints: list, delete, predict with one. */
import { z } from "zod";
import { listCheckpoints, removeCheckpoint } from "../../app/jobs/checkpoints.ts";
import { notFound } from "../../domain/errors.ts";
import { CHECKPOINT_REASONS, type Checkpoint } from "../../domain/jobs/checkpoint.ts";
import { NOTHING_ASKED, optionsOf } from "../../domain/models/answer-options.ts";
import { predictBody } from "../../domain/models/prediction.ts";
import { isCheckpointId } from "../../domain/models/registry.ts";
import type { App, RouteContext } from "../context.ts";
import { checkpointExample } from "../openapi/examples.ts";
import { answers } from "../openapi/openapi.ts";
import { answerQuery, checkpointParams, checkpointsQuery, jobParams } from "../openapi/parameters.ts";
import { predictionsAnswer } from "../openapi/response-schemas.ts";
import { representPage } from "../openapi/serializers.ts";
import { predictJson } from "./predict.ts";

const tags = ["jobs"];

/**
 * The record of a checkpoint.
 *
 * @internal Exported for the test that compares the client's types with the answers.
 */
export const checkpointAnswer = z
  .object({
    id: z.string(),
    job: z.string(),
    attempt: z.int().meta({ description: "The attempt that wrote it." }),
    epoch: z.int().meta({ description: "Epochs that were done." }),
    step: z.int().meta({ description: "Steps done of the next epoch; 0 between epochs." }),
    reason: z.enum(CHECKPOINT_REASONS).meta({ description: "Why it was written." }),
    is_best: z.boolean().meta({
      description:
        "Whether its weights have the least validation loss of all that the job has written; the least loss if nothing is held out.",
    }),
    bytes: z.int(),
    sha256: z.string().meta({ description: "SHA-256 of its weights, as for a model." }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Checkpoint", description: "The state of training between two steps.", examples: [checkpointExample] });

const checkpointsAnswer = z
  .object({ data: z.array(checkpointAnswer), has_more: z.boolean(), next_after: z.string().nullable() })
  .meta({ id: "CheckpointPage", description: "Checkpoints, newest first." });

/** Registers the routes of checkpoints. */
export function registerCheckpoints(app: App, { limits }: RouteContext): void {
  app.get(
    "/v1/jobs/:id/checkpoints",
    {
      schema: {
        tags,
        operationId: "listCheckpoints",
        summary: "List a job's checkpoints",
        description:
          "Newest first: the newest `checkpoint.keep`, and the best. A job that is resumed, or whose worker or server ended, continues from the newest, and ends with the same weights. Another job can start from a checkpoint (`init_from`), and you can use the id of a checkpoint wherever a model is expected.",
        params: jobParams,
        querystring: checkpointsQuery,
        response: answers({ 200: ["A page of checkpoints.", checkpointsAnswer] }, [404, 422]),
      },
    },
    async ({ params: { id }, query, services }) =>
      representPage(await listCheckpoints(services, id, query), representCheckpoint),
  );

  app.delete(
    "/v1/checkpoints/:id",
    {
      schema: {
        tags,
        operationId: "deleteCheckpoint",
        summary: "Delete a checkpoint",
        description: "A job that would have resumed from it resumes from the previous one, or from its start.",
        params: checkpointParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404]),
      },
    },
    async ({ params, services }, reply) => {
      await removeCheckpoint(services, params.id);
      reply.code(204);
    },
  );

  app.post(
    "/v1/checkpoints/:id/predict",
    {
      bodyLimit: limits.bodyBytes,
      config: { gzip: true },
      schema: {
        tags,
        operationId: "predictWithCheckpoint",
        summary: "Predict with a checkpoint",
        description:
          "A prediction for each row, with the weights of the checkpoint. Body and answer are the same as for a model.",
        params: checkpointParams,
        querystring: answerQuery,
        body: predictBody,
        response: answers(
          { 200: ["The predictions, in the order of the rows.", predictionsAnswer] },
          [400, 404, 409, 413, 415, 422],
        ),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!isCheckpointId(id)) throw notFound("checkpoint", id);
      return predictJson(request, reply, id, optionsOf(request.query, NOTHING_ASKED));
    },
  );
}

function representCheckpoint(checkpoint: Checkpoint): z.output<typeof checkpointAnswer> {
  return {
    id: checkpoint.id,
    job: checkpoint.jobId,
    attempt: checkpoint.attempt,
    epoch: checkpoint.epoch,
    step: checkpoint.step,
    reason: checkpoint.reason,
    is_best: checkpoint.isBest,
    bytes: checkpoint.bytes,
    sha256: checkpoint.sha256,
    created_at: new Date(checkpoint.createdAt).toISOString(),
  };
}
