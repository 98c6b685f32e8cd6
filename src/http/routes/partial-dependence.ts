/** Partial dependence: how a model's answers depend on its columns. */
import { z } from "zod";
import { partialDependence } from "../../app/models/explain.ts";
import { partialDependenceBody } from "../../domain/explanations/partial-dependence.ts";
import { readBodyAs } from "../connection/body.ts";
import { whileConnected } from "../connection/request-ending.ts";
import type { App } from "../context.ts";
import { explainedNumbers } from "../openapi/explanation-schemas.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams } from "../openapi/parameters.ts";

const BODY_BYTES = 256 * 1024;

/**
 * The answer.
 *
 * @internal Exported for the test that compares the client's types with the answers.
 */
export const dependenceAnswer = z
  .object({
    model: z.string(),
    background: z.int().meta({ description: "How many background rows there were." }),
    columns: z.array(
      z.object({
        column: z.string(),
        type: z.enum(["number", "integer", "boolean", "category", "datetime", "text"]),
        values: z.array(z.union([z.number(), z.string()])).meta({
          description:
            "Values over the range of the background rows, or labels; none if the value is missing in every background row.",
        }),
        mean: z.array(explainedNumbers).meta({
          description: "For each value, the mean answer over the background rows with this value in the column.",
        }),
        rows: z
          .array(z.array(explainedNumbers))
          .optional()
          .meta({ description: "For each row of `instances`, its answer at each value." }),
      }),
    ),
  })
  .meta({
    id: "PartialDependence",
    examples: [
      {
        model: "mdl_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
        background: 100,
        columns: [{ column: "body_mass_g", type: "integer", values: [2700, 6300], mean: [{ value: 188.2 }, { value: 221.9 }] }],
      },
    ],
  });

/** Registers the route of partial dependence. */
export function registerPartialDependence(app: App): void {
  app.post(
    "/v1/models/:ref/partial-dependence",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags: ["models"],
        operationId: "partialDependence",
        summary: "How answers depend on columns",
        description:
          "Partial dependence: for values over the range of a column, the mean answer over background rows that are all set to this value. With `instances`, the same for each of these rows by itself (individual conditional expectation). The background is training rows of the model, chosen by `seed`, or rows that you send. If columns of the background vary together, as height and weight do, some of these rows do not occur in reality: read the ends with care.",
        params: modelParams,
        body: partialDependenceBody,
        response: answers({ 200: ["The dependence on each column.", dependenceAnswer] }, [400, 404, 409, 413, 415, 422]),
      },
    },
    async (request, reply) => {
      const services = whileConnected(request, reply);
      const bytes = await partialDependence(services, request.params.ref, await readBodyAs(request, "partialDependence"));
      reply.type("application/json; charset=utf-8");
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
  );
}
