/** Scores of a model on a stored data set, and of two models on the same rows. */
import { z } from "zod";
import { compareScores } from "../../app/models/compare-scores.ts";
import { evaluate } from "../../app/models/evaluate.ts";
import { partEvaluation } from "../../domain/models/evaluation.ts";
import { scoreComparison } from "../../domain/models/score-comparison.ts";
import { parseBody } from "../connection/body.ts";
import { leftSignal, whileConnected } from "../connection/request-ending.ts";
import type { App } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { compareScoresQuery, modelParams } from "../openapi/parameters.ts";

const BODY_BYTES = 4096;

const evaluateBody = z
  .strictObject({ dataset: z.strictObject({ id: z.string() }) })
  .meta({ id: "EvaluateRequest", examples: [{ dataset: { id: "ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90" } }] });

const evaluateAnswer = z
  .object({ model: z.string(), dataset: z.string(), evaluation: partEvaluation })
  .meta({ id: "DatasetEvaluation", description: "Scores over every row of the data set." });

/**
 * Which of two models is better.
 *
 * @internal Exported for the test that compares the client's types with the answers.
 */
export const comparedScoresAnswer = z.object({ a: z.string(), b: z.string(), ...scoreComparison.shape }).meta({
  id: "ComparedScores",
  description: "Two models on the same rows.",
  examples: [
    {
      ...{ a: "mdl_0197b2a4-7f01-7a3c-8d11-5b9e2c4f6a70", b: "mdl_0197b2a4-8a55-7d10-9c3e-0e6f1b2a7c44" },
      ...{ rows: 80, part: "validation", level: 0.9 },
      figures: [{ figure: "accuracy", a: 0.95, b: 0.9, difference: -0.05, from: -0.0875, to: -0.0125, p_a_better: 0.983 }],
    },
  ],
});

/** Registers the routes of evaluations. */
export function registerEvaluate(app: App): void {
  app.get(
    "/v1/models/:ref/compare/scores",
    {
      schema: {
        tags: ["models"],
        operationId: "compareScores",
        summary: "Compare the scores of two models",
        description:
          "Whether `a`, the model in the path, is better than `b`, the one in `with`, and how certain that is: a paired bootstrap over rows that neither was trained on, drawn by a fixed seed, in a thread. If their jobs held out different rows, or a search scored one out of fold, the answer is 409: name a data set that neither has seen.",
        params: modelParams,
        querystring: compareScoresQuery,
        response: answers({ 200: ["Which is better.", comparedScoresAnswer] }, [404, 409, 422]),
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const asked = { project: request.project, signal: leftSignal(reply) };
      const services = whileConnected(request, reply);
      const { a, b, comparison } = await compareScores(services, params.ref, query.with, query.dataset, asked);
      return { a: a.id, b: b.id, ...comparison };
    },
  );

  app.post(
    "/v1/models/:ref/evaluate",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags: ["models"],
        operationId: "evaluateModel",
        summary: "Evaluate a model on a data set",
        description:
          "For models that were trained on a data set. The model's columns and its target are found by their names; other columns are ignored. All rows are scored, in a thread.",
        params: modelParams,
        body: evaluateBody,
        response: answers({ 200: ["The scores.", evaluateAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async (request, reply) => {
      const { dataset } = parseBody(evaluateBody, request.body);
      const { model, evaluation } = await evaluate(whileConnected(request, reply), request.params.ref, dataset.id);
      return { model: model.id, dataset: dataset.id, evaluation };
    },
  );
}
