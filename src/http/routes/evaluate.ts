/** A model's scores on a stored data set. */
import { z } from "zod";
import { evaluate } from "../../app/models/evaluate.ts";
import { partEvaluation } from "../../domain/models/evaluation.ts";
import { parseBody } from "../connection/body.ts";
import type { App } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams } from "../openapi/parameters.ts";

const BODY_BYTES = 64 * 1024;

const evaluateBody = z
  .strictObject({ dataset: z.strictObject({ id: z.string() }) })
  .meta({ id: "EvaluateRequest", examples: [{ dataset: { id: "ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90" } }] });

const evaluateAnswer = z
  .object({ model: z.string(), dataset: z.string(), evaluation: partEvaluation })
  .meta({ id: "DatasetEvaluation", description: "Scores over every row of the data set." });

/** Registers the route of evaluations. */
export function registerEvaluate(app: App): void {
  app.post(
    "/v1/models/:ref/evaluate",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags: ["models"],
        operationId: "evaluateModel",
        summary: "Evaluate a model on a data set",
        description:
          "For models that were trained on a data set. The columns that the model takes and the one that it predicts are found by their names; others do not matter. The scores are over every row, in a thread.",
        params: modelParams,
        body: evaluateBody,
        response: answers({ 200: ["The scores.", evaluateAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async ({ params: { ref }, body, services }) => {
      const { dataset } = parseBody(evaluateBody, body);
      const { model, evaluation } = await evaluate(services, ref, dataset.id);
      return { model: model.id, dataset: dataset.id, evaluation };
    },
  );
}
