/** Whether more data would help. */
import { askLearningCurve } from "../../app/models/learning-curve.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { learningCurveBody, MIN_TRAINING_ROWS } from "../../domain/explanations/learning-curve.ts";
import { parseBody } from "../connection/body.ts";
import { idempotentId } from "../connection/idempotency.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams } from "../openapi/parameters.ts";
import { jobAnswer } from "../openapi/response-schemas.ts";
import { representJob } from "../openapi/serializers.ts";

const BODY_BYTES = 4096;

/** Registers the route that asks whether more data would help. */
export function registerLearningCurve(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/models/:ref/learning-curve",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { makes: "job" } },
      schema: {
        tags: ["models"],
        operationId: "askLearningCurve",
        summary: "Ask whether more data would help",
        description: `Queues a job that trains the model's network again on growing parts of its training rows, several times each, and scores every training on the rows that the model's job held out. Each training is an epoch of the job, which can be followed, paused and cancelled like any other. \`evaluation.learning_curve\` of its model, which has the weights of the model in the path, has the mean of each score by number of rows, the band of 80 % of the trainings, and for twice the rows a band in which the mean would probably be, never a single number. 409 for models whose training cannot be repeated: imported ones, averages of a search, and those whose job or data set was deleted. 422 where no rows are held out, and for fewer than ${MIN_TRAINING_ROWS} training rows.`,
        params: modelParams,
        body: learningCurveBody,
        response: answers({ 202: ["The job, queued.", jobAnswer] }, [400, 404, 409, 413, 415, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { services, params, body } = request;
      const view = await askLearningCurve(services, params.ref, parseBody(learningCurveBody, body), idempotentId(request));
      reply.log.info({ job_id: view.job.id, model: params.ref }, "learning curve submitted");
      reply.code(202).header("location", `/v1/jobs/${view.job.id}`);
      return representJob(view);
    },
  );
}
