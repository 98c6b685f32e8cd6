/**
 * Decides when the values that jobs are found by are written. They lie on some fifty pages of the database, and a commit writes each page
 * in full. If only one process writes, a job is marked instead, and its values are written together with those of others, at the latest
 * before somebody searches for them.
 */
import type { Kysely, Transaction } from "kysely";
import { specValues, tagValues } from "../../../domain/jobs/job-values.ts";
import type { ResolvedSpec } from "../../../domain/spec/spec.ts";
import { hasOneWriter } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import { labelsOfRow, metricsFromJson } from "../rows.ts";
import { writeMetricValues, writeValues } from "./values.ts";

/** Maximum jobs whose values are written in one transaction: the next writer waits for all of them. */
const MAX_JOBS = 32;

/**
 * Marks a job whose values have changed, in the transaction of the change; or writes them at once with `write`, if other processes search
 * for jobs that this one has written.
 */
export async function laterOrNow(
  db: Transaction<Tables>,
  jobId: string,
  changed: "all" | "metrics",
  write: () => Promise<void>,
): Promise<void> {
  if (!hasOneWriter(db)) return write();
  await db
    .insertInto("job_values_due")
    .values({ job_id: jobId, whole: changed === "all" ? 1 : 0 })
    // A job of which everything is due stays so.
    .onConflict((conflict) => conflict.column("job_id").doNothing())
    .execute();
}

/** Writes the values of some marked jobs, in one transaction. Returns whether others may be left. */
export async function writeDueValues(db: Kysely<Tables>): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const due = await transaction.selectFrom("job_values_due").selectAll().orderBy("job_id").limit(MAX_JOBS).execute();
    if (due.length === 0) return false;
    const ids = due.map(({ job_id }) => job_id);
    const isWhole = new Set(due.flatMap(({ job_id, whole }) => (whole === 1 ? [job_id] : [])));
    // A deleted job has none.
    const jobs = await transaction
      .selectFrom("jobs")
      .select(["id", "project", "spec", "metrics", "tags", "note"])
      .where("id", "in", ids)
      .execute();
    for (const job of jobs) {
      const { id, project, spec, metrics } = job;
      if (isWhole.has(id)) {
        const found = [...specValues(JSON.parse(spec) as ResolvedSpec), ...tagValues(labelsOfRow(job).tags)];
        await writeValues(transaction, project, id, found);
      }
      if (metrics !== null) await writeMetricValues(transaction, project, id, metricsFromJson(metrics));
    }
    await transaction.deleteFrom("job_values_due").where("job_id", "in", ids).execute();
    return due.length === MAX_JOBS;
  });
}
