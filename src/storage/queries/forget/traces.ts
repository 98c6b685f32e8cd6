/** Erases the remains of deleted records: chunks of an interrupted deletion, webhooks, stored answers, and hashes. */
import type { Kysely } from "kysely";
import { FORGOTTEN } from "../../../domain/access/idempotency.ts";
import type { ForgetDocument } from "../../../domain/forget/forget.ts";
import { ID_PREFIXES } from "../../../domain/id.ts";
import type { Tables } from "../../tables.ts";
import { eraseTensors } from "../blobs.ts";
import { eraseDataset } from "../datasets/delete-datasets.ts";
import { eraseCheckpoints } from "../jobs/checkpoints.ts";
import { eraseAskedRows } from "../monitoring/asked-rows.ts";

/** Routes whose answers contain rows, and which change nothing: repeated, they answer again. */
const TELLING = ["predict", "explain", "evaluate", "infer", "partial-dependence"];

/** Jobs of a statement, and stored answers or runs read at a time: two megabytes at most. */
const IDS_PER_STATEMENT = 500;
const PAGE = 8;

/** See ForgetStore.eraseTraces. Every step may be repeated. Answers and runs are read once, however many ids there are. */
export async function eraseTraces(db: Kysely<Tables>, project: string, ids: readonly string[], at: number): Promise<void> {
  const ofKind = (prefix: string) => ids.filter((id) => id.startsWith(prefix));
  for (const id of ofKind(ID_PREFIXES.dataset)) await eraseDataset(db, id);
  for (const id of ofKind(ID_PREFIXES.sweep)) await eraseTensors(db, id);
  await eraseOfJobs(db, ofKind(ID_PREFIXES.job));
  await eraseDeliveries(db, ofKind(ID_PREFIXES.model));
  // Rows that models were asked may be the forgotten ones, whatever the models were trained on: no sample of the project stays.
  await eraseAskedRows(db, project, at);
  const erased = new Set(ids);
  await eraseAnswers(db, project, erased);
  await eraseHashes(db, project, erased);
}

async function eraseOfJobs(db: Kysely<Tables>, jobs: readonly string[]): Promise<void> {
  for (let from = 0; from < jobs.length; from += IDS_PER_STATEMENT) {
    const part = jobs.slice(from, from + IDS_PER_STATEMENT);
    const unfinished = await db
      .selectFrom("checkpoints")
      .select("id")
      .where("job_id", "in", part)
      .where("ready", "=", 0)
      .execute();
    await eraseCheckpoints(
      db,
      unfinished.map(({ id }) => id),
    );
    await eraseDeliveries(db, part);
  }
}

/** Pending webhooks of jobs, or of models that drifted. */
async function eraseDeliveries(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += IDS_PER_STATEMENT) {
    const part = ids.slice(from, from + IDS_PER_STATEMENT);
    await db.deleteFrom("webhook_deliveries").where("job_id", "in", part).execute();
  }
}

const ID = new RegExp(`(?:${Object.values(ID_PREFIXES).join("|")})[0-9a-f]{8}-[0-9a-f-]{27}`, "g");

async function eraseAnswers(db: Kysely<Tables>, project: string, erased: ReadonlySet<string>): Promise<void> {
  await db
    .deleteFrom("idempotency_keys")
    .where("project", "=", project)
    .where((values) => values.or(TELLING.map((route) => values("route", "like", `%${route}%`))))
    .execute();
  // The hash of a request to forget would confirm a guess of its keys.
  await db
    .updateTable("idempotency_keys")
    .set({ fingerprint: FORGOTTEN })
    .where("project", "=", project)
    .where("resource_id", "like", `${ID_PREFIXES.forget}%`)
    .where("fingerprint", "is not", null)
    .execute();
  for (let last = { route: "", key: "" }; ; ) {
    const page = await db
      .selectFrom("idempotency_keys")
      .select(["route", "key", "resource_id", "answer"])
      .where("project", "=", project)
      .where(({ eb, refTuple, tuple }) => eb(refTuple("route", "key"), ">", tuple(last.route, last.key)))
      .orderBy("route")
      .orderBy("key")
      .limit(PAGE)
      .execute();
    for (const { route, key, resource_id: made, answer } of page) {
      if (made.startsWith(ID_PREFIXES.forget)) continue;
      const isTold = erased.has(made) || answer?.match(ID)?.some((id) => erased.has(id));
      if (isTold)
        await db
          .deleteFrom("idempotency_keys")
          .where("project", "=", project)
          .where("route", "=", route)
          .where("key", "=", key)
          .execute();
    }
    if (page.length < PAGE) return;
    last = page.at(-1) as typeof last;
  }
}

/**
 * Removes the hashes of erased tables and models from the runs that made them: such a table had the rows that are forgotten now, and its
 * hash would confirm a guess of one.
 */
async function eraseHashes(db: Kysely<Tables>, project: string, erased: ReadonlySet<string>): Promise<void> {
  for (let last = ""; ; ) {
    const page = await db
      .selectFrom("forgets")
      .select(["id", "document"])
      .where("project", "=", project)
      // The erasing run itself is active: its results stay.
      .where("active", "is", null)
      .where("id", ">", last)
      .orderBy("id")
      .limit(PAGE)
      .execute();
    for (const { id, document } of page) {
      const now = withoutHashes(document, erased);
      if (now !== null) await db.updateTable("forgets").set({ document: now }).where("id", "=", id).execute();
    }
    if (page.length < PAGE) return;
    last = (page.at(-1) as { id: string }).id;
  }
}

/** The stored document without hashes of erased data; null if it has none. */
function withoutHashes(text: string, erased: ReadonlySet<string>): string | null {
  if (!text.match(ID)?.some((id) => erased.has(id))) return null;
  const document = JSON.parse(text) as ForgetDocument;
  return JSON.stringify({
    ...document,
    datasets: document.datasets.map((table) =>
      table.replaced_by !== null && erased.has(table.replaced_by) ? { ...table, sha256: null } : table,
    ),
    models: document.models.map((entry) =>
      entry.replaced_by && erased.has(entry.replaced_by.id)
        ? { ...entry, replaced_by: { ...entry.replaced_by, sha256: null } }
        : entry,
    ),
  } satisfies ForgetDocument);
}
