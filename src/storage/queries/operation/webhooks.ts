/** Queries on the outbox of webhooks, which the transaction that ends a job fills, and on the secrets that sign them. */
import { type Kysely, sql, type Transaction } from "kysely";
import { createId } from "../../../domain/id.ts";
import { isTerminal, type Job } from "../../../domain/jobs/job.ts";
import {
  type AfterAttempt,
  type Delivery,
  type DeliveryAttempt,
  type DeliveryState,
  webhookBody,
} from "../../../domain/operation/webhook.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { Tables, WebhookDeliveriesTable } from "../../tables.ts";
import { toPage } from "../page.ts";

/** Adds the webhook of a job that has just ended to the outbox, in the job's own transaction. Returns the job. */
export async function insertDelivery(db: Transaction<Tables>, job: Job, project: string): Promise<Job> {
  if (!isTerminal(job.state) || job.spec.webhook === null || job.finishedAt === null) return job;
  await db
    .insertInto("webhook_deliveries")
    .values({
      id: createId("delivery"),
      job_id: job.id,
      project,
      url: job.spec.webhook.url,
      body: webhookBody(job),
      state: "pending",
      attempts: 0,
      log: "",
      next_at: job.finishedAt,
      claimed: 0,
      created_at: job.finishedAt,
      finished_at: null,
    })
    .execute();
  return job;
}

/** See DeliveryStore.claim. */
export async function claimDeliveries(db: Kysely<Tables>, now: number, limit: number, leaseMs: number): Promise<Delivery[]> {
  const rows = await db
    .updateTable("webhook_deliveries")
    .set({ next_at: now + leaseMs, claimed: 1 })
    .where("id", "in", (query) =>
      query
        .selectFrom("webhook_deliveries")
        .select("id")
        .where("state", "=", "pending")
        .where("next_at", "<=", now)
        .orderBy("next_at")
        .limit(limit),
    )
    // Repeat the conditions: of several processes that claim at the same time, only one still finds them true.
    .where("state", "=", "pending")
    .where("next_at", "<=", now)
    .returningAll()
    .execute();
  return rows.map(toDelivery);
}

/** See DeliveryStore.recordAttempt. */
export async function recordDelivery(
  db: Kysely<Tables>,
  id: string,
  attempt: DeliveryAttempt,
  after: AfterAttempt,
): Promise<void> {
  const next =
    after.state === "pending" ? { next_at: after.nextAt, finished_at: null } : { next_at: null, finished_at: after.finishedAt };
  await db
    .updateTable("webhook_deliveries")
    .set((values) => ({
      state: after.state,
      claimed: 0,
      attempts: values("attempts", "+", 1),
      log: sql<string>`log || case when log = '' then '' else ',' end || ${JSON.stringify(attempt)}`,
      ...next,
    }))
    .where("id", "=", id)
    .where("state", "=", "pending")
    .execute();
}

/** See DeliveryStore.nextAt. */
export async function nextDeliveryAt(db: Kysely<Tables>): Promise<number | null> {
  const row = await db
    .selectFrom("webhook_deliveries")
    .select((values) => values.fn.min<number | null>("next_at").as("at"))
    .where("state", "=", "pending")
    .executeTakeFirst();
  return row?.at ?? null;
}

/** See DeliveryStore.list. */
export async function listDeliveries(db: Kysely<Tables>, jobId: string, page: PageRequest): Promise<Page<Delivery>> {
  let query = db.selectFrom("webhook_deliveries").selectAll().where("job_id", "=", jobId).orderBy("id", "desc");
  if (page.after !== undefined) query = query.where("id", "<", page.after);
  return toPage(await query.limit(page.limit + 1).execute(), page.limit, toDelivery);
}

/** See DeliveryStore.releaseAll. */
export async function releaseDeliveries(db: Kysely<Tables>, at: number): Promise<void> {
  await db.updateTable("webhook_deliveries").set({ next_at: at, claimed: 0 }).where("claimed", "=", 1).execute();
}

/** See SecretStore.getOrCreate. */
export async function getOrCreateSecret(db: Kysely<Tables>, name: string, value: string): Promise<string> {
  await db
    .insertInto("secrets")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const row = await db.selectFrom("secrets").select("value").where("name", "=", name).executeTakeFirstOrThrow();
  return row.value;
}

function toDelivery(row: WebhookDeliveriesTable): Delivery {
  return {
    id: row.id,
    jobId: row.job_id,
    project: row.project,
    url: row.url,
    body: row.body,
    state: row.state as DeliveryState,
    attempts: JSON.parse(`[${row.log}]`) as DeliveryAttempt[],
    nextAt: row.next_at,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
