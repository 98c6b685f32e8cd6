/** Webhooks: the deliveries of jobs, monitored models and runs of schedules, and the signing secret. */
import { z } from "zod";
import { projectSecret } from "../../app/webhooks/deliver-webhooks.ts";
import { listDeliveries, listModelDeliveries, listRunDeliveries } from "../../app/webhooks/list-deliveries.ts";
import { DELIVERY_STATES, type Delivery } from "../../domain/operation/webhook.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { deliveriesQuery, jobParams, modelParams, scheduleRunParams } from "../openapi/parameters.ts";
import { representPage } from "../openapi/serializers.ts";

const time = z.iso.datetime();

const deliveryAnswer = z
  .object({
    id: z.string().meta({ description: "The message's `webhook-id`, the same at every try." }),
    url: z.string(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.array(
      z.object({
        at: time,
        status: z.int().nullable().meta({ description: "The receiver's answer; null if there was none." }),
        error: z.string().nullable(),
        ms: z.int(),
      }),
    ),
    next_at: time.nullable().meta({ description: "When it is tried next." }),
    created_at: time,
    finished_at: time.nullable(),
  })
  .meta({ id: "WebhookDelivery", description: "A webhook on its way, or what became of it." });

const deliveriesAnswer = z
  .object({ data: z.array(deliveryAnswer), has_more: z.boolean(), next_after: z.string().nullable() })
  .meta({ id: "WebhookDeliveryPage", description: "Deliveries, newest first." });

const secretAnswer = z
  .object({ secret: z.string() })
  .meta({ id: "WebhookSecret", description: "The secret, as libraries of Standard Webhooks take it." });

const MESSAGE = `A job with \`webhook: {"url": "..."}\` is sent when it has ended: a POST of \`{"type": "job.succeeded" | "job.failed" | "job.cancelled", "timestamp", "data"}\`, where \`data\` has the job's id, name, state, reason, attempt, epochs_done, times, error, metrics and model. Headers and signature are those of [Standard Webhooks](https://www.standardwebhooks.com): \`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`.

Any answer but 2xx is a failure: it is tried again after about 5 s, then after twice the time each, up to 2 h, TRAINYARD_WEBHOOK_MAX_ATTEMPTS times; 410 ends that. Redirects are not followed. A message may come twice: \`webhook-id\` is then the same. Addresses that are not public are refused, unless TRAINYARD_WEBHOOK_ALLOW_PRIVATE is set.`;

/** Registers the routes of webhooks. */
export function registerWebhooks(app: App, { webhookSecret }: RouteContext): void {
  app.get(
    "/v1/jobs/:id/webhook-deliveries",
    {
      schema: {
        tags: ["jobs"],
        operationId: "listWebhookDeliveries",
        summary: "List a job's webhook deliveries",
        description: `With every try.\n\n${MESSAGE}`,
        params: jobParams,
        querystring: deliveriesQuery,
        response: answers({ 200: ["A page of deliveries.", deliveriesAnswer] }, [404, 422]),
      },
    },
    async ({ params: { id }, query, services }) => representPage(await listDeliveries(services, id, query), representDelivery),
  );

  app.get(
    "/v1/models/:ref/webhook-deliveries",
    {
      schema: {
        tags: ["models"],
        operationId: "listModelWebhookDeliveries",
        summary: "List the webhook deliveries of a model in use",
        description: "Messages of drift and of its end, newest first, with every try.",
        params: modelParams,
        querystring: deliveriesQuery,
        response: answers({ 200: ["A page of deliveries.", deliveriesAnswer] }, [404, 422]),
      },
    },
    async ({ params, query, services }) =>
      representPage(await listModelDeliveries(services, params.ref, query), representDelivery),
  );

  app.get(
    "/v1/schedules/:id/runs/:run/webhook-deliveries",
    {
      schema: {
        tags: ["schedules"],
        operationId: "listScheduleRunWebhookDeliveries",
        summary: "List the webhook deliveries of a schedule's run",
        description: "With every try.",
        params: scheduleRunParams,
        querystring: deliveriesQuery,
        response: answers({ 200: ["A page of deliveries.", deliveriesAnswer] }, [404, 422]),
      },
    },
    async ({ params, query, services }) => representPage(await listRunDeliveries(services, params, query), representDelivery),
  );

  app.get(
    "/v1/webhook-secret",
    {
      schema: {
        tags: ["service"],
        operationId: "readWebhookSecret",
        summary: "Read the secret that signs webhooks",
        description:
          "Receivers of webhooks verify them with it. It is TRAINYARD_WEBHOOK_SECRET, or was created at the first start; each project has its own, derived from it.",
        response: answers({ 200: ["The secret.", secretAnswer] }),
      },
    },
    async ({ project }, reply) => {
      reply.header("cache-control", "no-store");
      return { secret: projectSecret(webhookSecret, project) };
    },
  );
}

function representDelivery({ id, url, state, attempts, nextAt, createdAt, finishedAt }: Delivery) {
  return {
    id,
    url,
    state,
    attempts: attempts.map((attempt) => ({ ...attempt, at: isoTime(attempt.at) })),
    next_at: nextAt === null ? null : isoTime(nextAt),
    created_at: isoTime(createdAt),
    finished_at: finishedAt === null ? null : isoTime(finishedAt),
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
