/**
 * The rows that jobs are found by. A field is stored as a number, a hash of the project, the kind of field and its name, so two indexes
 * with small entries serve every field of every project. Text has a letter before it that says what it is.
 */
import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Job, JobMetrics } from "../../../domain/jobs/job.ts";
import { type JobValue, metricValues, specValues, tagValues } from "../../../domain/jobs/job-values.ts";
import { changeTags, type LabelChanges, type Labels } from "../../../domain/labels.ts";
import { createLru } from "../../../domain/memory/lru.ts";
import { SERIES } from "../../../domain/metrics/metric.ts";
import type { JobValuesTable, Tables } from "../../tables.ts";
import { labelsOfRow } from "../rows.ts";

const KNOWN_FIELDS = 5000;

/** 52 bits of SHA-256, which a JavaScript number holds: two of a hundred thousand fields collide with a probability of one in a million. */
const FIELD_DIGITS = 13;

const fields = createLru<number>({ maxCount: KNOWN_FIELDS, maxBytes: KNOWN_FIELDS, bytesOf: () => 1 });

/** Returns the number of a field of a project's jobs. */
export function fieldKey(project: string, field: string, key: string): number {
  const name = `${project}\u0000${field}\u0000${key}`;
  const known = fields.get(name);
  if (known !== undefined) return known;
  const hash = Number.parseInt(createHash("sha256").update(name).digest("hex").slice(0, FIELD_DIGITS), 16);
  fields.set(name, hash);
  return hash;
}

/** Returns text, or a boolean, in its stored form: order and equality of texts are kept, and no text equals a boolean. */
export const storedText = (value: string | boolean): string => (typeof value === "string" ? `s${value}` : `b${value}`);

function rowsOf(project: string, job_id: string, values: readonly JobValue[]): JobValuesTable[] {
  return values.map(({ field, key, value }) => ({
    job_id,
    field: fieldKey(project, field, key),
    number: typeof value === "number" ? value : null,
    text: typeof value === "number" ? null : storedText(value),
  }));
}

/** Inserts or replaces the values that a job is found by. */
export async function writeValues(
  db: Kysely<Tables>,
  project: string,
  jobId: string,
  values: readonly JobValue[],
): Promise<void> {
  if (values.length === 0) return;
  await db
    .insertInto("job_values")
    .values(rowsOf(project, jobId, values))
    .onConflict((conflict) =>
      conflict
        .columns(["field", "job_id"])
        .doUpdateSet((row) => ({ number: row.ref("excluded.number"), text: row.ref("excluded.text") })),
    )
    .execute();
}

/** Replaces the metrics that a job is found by. */
export async function writeMetricValues(
  db: Kysely<Tables>,
  project: string,
  jobId: string,
  metrics: JobMetrics,
): Promise<void> {
  const values = metricValues(metrics);
  const has = new Set(values.map(({ key }) => key));
  // A metric that has become NaN, or that the model's epoch lacks, is no longer found.
  const gone = SERIES.filter((name) => !has.has(name)).map((name) => fieldKey(project, "metrics", name));
  await db.deleteFrom("job_values").where("job_id", "=", jobId).where("field", "in", gone).execute();
  await writeValues(db, project, jobId, values);
}

/** Returns the labels of a row after a change. Throws invalid if there are too many tags. */
export function changedLabels(row: Parameters<typeof labelsOfRow>[0], { tags, note }: LabelChanges): Labels {
  const labels = labelsOfRow(row);
  return {
    tags: tags === undefined ? labels.tags : changeTags(labels.tags, tags),
    note: note === undefined ? labels.note : note,
  };
}

/** Replaces the tags that a job is found by. */
export async function replaceTags(
  db: Kysely<Tables>,
  project: string,
  jobId: string,
  before: Labels["tags"],
  after: Labels["tags"],
): Promise<void> {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  if (gone.length > 0) {
    const keys = gone.map((name) => fieldKey(project, "tags", name));
    await db.deleteFrom("job_values").where("job_id", "=", jobId).where("field", "in", keys).execute();
  }
  await writeValues(db, project, jobId, tagValues(after));
}

/** Deletes what a job is found by. */
export async function deleteValues(db: Kysely<Tables>, { project, id, spec, tags }: Job): Promise<void> {
  const named = [...specValues(spec), ...tagValues(tags)].map(({ field, key }) => fieldKey(project, field, key));
  const keys = [...named, ...SERIES.map((name) => fieldKey(project, "metrics", name))];
  await db.deleteFrom("job_values").where("job_id", "=", id).where("field", "in", keys).execute();
}
