/**
 * Checks the quotas of a project. Counts in the transaction that adds a record, so that concurrent requests cannot exceed a
 * limit together. Counting stops at the limit.
 */
import type { Kysely, Transaction } from "kysely";
import { TrainyardError } from "../../../domain/errors.ts";
import type { ProjectLimits } from "../../../domain/limits.ts";
import type { Tables } from "../../tables.ts";

/** States of jobs that wait for a worker or to be resumed. */
const WAITING = ["queued", "paused"] as const;

/** Throws rate_limited when the project has its maximum of waiting jobs, and conflict when it has its maximum of models. */
export async function assertRoomForJob(
  db: Transaction<Tables>,
  project: string,
  { queuedJobs, models }: Pick<ProjectLimits, "queuedJobs" | "models">,
): Promise<void> {
  let waiting = 0;
  for (const state of WAITING) {
    const { count } = await db
      .selectFrom(
        db
          .selectFrom("jobs")
          .select("id")
          .where("project", "=", project)
          .where("state", "=", state)
          .limit(queuedJobs - waiting)
          .as("waiting"),
      )
      .select((values) => values.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    waiting += Number(count);
    if (waiting < queuedJobs) continue;
    const detail = `${project} has ${queuedJobs} waiting jobs, which is the maximum (TRAINYARD_PROJECT_QUEUED_JOBS): submit again when some have run, or cancel some`;
    throw new TrainyardError("rate_limited", detail);
  }
  await assertRoomForModel(db, project, models);
}

/** Throws conflict when the project has its maximum of models. */
export async function assertRoomForModel(db: Kysely<Tables>, project: string, models: number): Promise<void> {
  const last = await db
    .selectFrom("models")
    .select("id")
    .where("project", "=", project)
    .orderBy("id")
    .limit(1)
    .offset(models - 1)
    .executeTakeFirst();
  if (!last) return;
  const detail = `${project} has ${models} models, which is the maximum (TRAINYARD_PROJECT_MODELS): delete some first`;
  throw new TrainyardError("conflict", detail);
}

/** Throws too_large when the project's data sets, together with these bytes, would exceed their maximum. */
export async function assertRoomForDataset(
  db: Kysely<Tables>,
  project: string,
  bytes: number,
  datasetBytes: number,
): Promise<void> {
  // Uploads and deletions under way count too: their bytes are stored.
  const { total } = await db
    .selectFrom("datasets")
    .select((values) => values.fn.sum<number | null>("bytes").as("total"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  const has = Number(total ?? 0);
  if (has + bytes <= datasetBytes) return;
  const detail = `the data sets of ${project} have ${has} bytes, and with these ${bytes} they would have more than ${datasetBytes} (TRAINYARD_PROJECT_DATASET_BYTES): delete some first`;
  throw new TrainyardError("too_large", detail);
}
