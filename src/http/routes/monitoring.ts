/** Monitored models: what they are asked, compared with their training rows, and the score of their answers. */
import { z } from "zod";
import { takeFeedback } from "../../app/monitoring/feedback.ts";
import { configureMonitoring, listAskedRows, readMonitoring } from "../../app/monitoring/read-monitoring.ts";
import { askedRowAnswer } from "../../domain/monitoring/asked-rows.ts";
import { monitoringReport } from "../../domain/monitoring/report.ts";
import { feedbackBody, monitorBody, predictionId } from "../../domain/monitoring/requests.ts";
import { parseBody, readBodyAs } from "../connection/body.ts";
import type { App } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { askedRowsQuery, modelParams, monitoringQuery } from "../openapi/parameters.ts";
import { representPage } from "../openapi/serializers.ts";

const tags = ["models"];
const OPTIONS_BYTES = 16 * 1024;
const BODY_BYTES = 256 * 1024;

const feedbackAnswer = z
  .object({
    labelled: z.int().meta({ description: "Labels that were accepted." }),
    unknown: z.array(z.object({ prediction_id: predictionId, row: z.int() })).meta({
      description: "Labels without a stored answer: it was made without an id, by another version of the model, or is too old.",
    }),
    score: monitoringReport.shape.feedback,
  })
  .meta({ id: "FeedbackAnswer" });

const askedRowsAnswer = z
  .object({ data: z.array(askedRowAnswer), has_more: z.boolean(), next_after: z.string().nullable() })
  .meta({ id: "AskedRowPage" });

const DESCRIPTION = `Every row that a model predicts is counted, whichever way it came, in the bins of its columns among the training rows: deciles of numbers, times and lengths of texts, labels, missing values, labels that are unseen; and its answers likewise. When 500 rows are together, at most once a second, the window is compared with training: by the population stability index, and by Pearson's chi-square test. A column has drifted where the index is at least 0.1 and so great a difference comes by chance in fewer than 0.01 % of windows, whatever the number of columns. Answers are compared with those to held-out rows; where fewer than 50 were held out, they are shown and raise no alert.

The webhook is sent \`model.drifted\` when a column drifts that did not in the window before, and \`model.recovered\` when none does any more, signed as those of jobs are, with the model, the window, and the columns with their index and p-value.

Of labels that \`feedback\` brings, the webhook is sent \`model.score_fell\` when the newest 500 at most, and at least 50, are worse than \`score_drop\` below the interval of the evaluation, by three standard deviations of chance, and \`model.score_recovered\` when they are not any more.

Counts are stored every two seconds: a server that is killed loses those since, one that stops loses none. The last 48 windows are kept. The first 200 columns, 8 targets, and of each column the 40 most frequent labels are counted by themselves.`;

/** Registers the routes of monitoring. */
export function registerMonitoring(app: App): void {
  app.get(
    "/v1/models/:ref/monitoring",
    {
      schema: {
        tags,
        operationId: "readMonitoring",
        summary: "Read how a model's rows compare with its training",
        description: DESCRIPTION,
        params: modelParams,
        querystring: monitoringQuery,
        response: answers({ 200: ["What was counted.", monitoringReport] }, [404, 422]),
      },
    },
    ({ params, query, services }) => readMonitoring(services, params.ref, query.windows),
  );

  app.patch(
    "/v1/models/:ref/monitoring",
    {
      bodyLimit: OPTIONS_BYTES,
      schema: {
        tags,
        operationId: "configureMonitoring",
        summary: "Change how a model is monitored",
        description:
          "Fields that are left out do not change. A webhook or a sample is refused for a model that has nothing to be compared with (an imported model, a checkpoint, a model of an older server), because it would never get anything.",
        params: modelParams,
        body: monitorBody,
        response: answers({ 200: ["What was counted, without windows.", monitoringReport] }, [400, 404, 413, 415, 422]),
      },
    },
    ({ params, body, services }) => {
      const { enabled, webhook, sample, score_drop: scoreDrop } = parseBody(monitorBody, body);
      return configureMonitoring(services, params.ref, {
        ...(enabled !== undefined && { enabled }),
        ...(webhook !== undefined && { webhook: webhook?.url ?? null }),
        ...(sample !== undefined && { sampleRows: sample?.rows ?? 0 }),
        ...(scoreDrop !== undefined && { scoreDrop }),
      });
    },
  );

  app.get(
    "/v1/models/:ref/asked-rows",
    {
      schema: {
        tags,
        operationId: "listAskedRows",
        summary: "List the sample of what a model is asked",
        description:
          "Newest first, with the answers. Empty unless `sample` of the model's monitoring asks for rows: by default none are kept. They are deleted with the model, when they are 30 days old, when the sample is switched off, and when any rows of the project are forgotten.",
        params: modelParams,
        querystring: askedRowsQuery,
        response: answers({ 200: ["A page of rows.", askedRowsAnswer] }, [404, 422]),
      },
    },
    async ({ params, query: { after, limit }, services }) =>
      representPage(await listAskedRows(services, params.ref, { before: after ?? null, limit }), (row) => row),
  );

  app.post(
    "/v1/models/:ref/feedback",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags,
        operationId: "sendFeedback",
        summary: "Tell a model what was true",
        description:
          "Labels are matched by the `prediction_id` of the prediction requests, for the same version of the model. A label that is sent again replaces the previous one. Answers are kept for 30 days, at most 100,000 rows per model: the oldest are dropped.",
        params: modelParams,
        body: feedbackBody,
        response: answers({ 200: ["What was taken, and the live score.", feedbackAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async (request) => {
      const { labels } = await readBodyAs(request, "feedback");
      return takeFeedback(request.services, request.params.ref, labels);
    },
  );
}
