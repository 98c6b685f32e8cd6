/** Tags and notes of jobs and sweeps, and what jobs are found by: their tags, the values of their specs and their metrics. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Jobs that are read at a time. */
const JOBS_PER_PAGE = 200;
/** Rows inserted with one statement: databases limit its parameters. */
const ROWS_PER_INSERT = 2000;

/** Adds the columns and the table, and finds the jobs of earlier builds by what they are. */
export async function up(db: Kysely<unknown>, { bytes }: ColumnTypes): Promise<void> {
  for (const table of ["jobs", "sweeps"])
    for (const column of ["tags", "note"]) await db.schema.alterTable(table).addColumn(column, "text").execute();
  // By field first: a list asks many jobs for a few fields, which so lie together. Without a reference to jobs, which would want an index by
  // job: whoever deletes a job knows its fields.
  const table = db.schema
    .createTable("job_values")
    .addColumn("field", "bigint", (column) => column.notNull())
    .addColumn("job_id", "text", (column) => column.notNull())
    .addColumn("number", sql`double precision`)
    .addColumn("text", "text")
    .addPrimaryKeyConstraint("job_values_key", ["field", "job_id"]);
  await (bytes === "blob" ? table.modifyEnd(sql`without rowid`) : table).execute();
  for (const column of ["number", "text"]) {
    await db.schema
      .createIndex(`job_values_${column}`)
      .on("job_values")
      .columns(["field", column, "job_id"])
      .where(sql.ref(column), "is not", null)
      .execute();
  }
  await fill(db as Kysely<Filled>);
}

interface Filled {
  readonly jobs: { readonly id: string; readonly project: string; readonly spec: string; readonly metrics: string | null };
  readonly job_values: {
    readonly job_id: string;
    readonly field: number;
    readonly number: number | null;
    readonly text: string | null;
  };
}

async function fill(db: Kysely<Filled>): Promise<void> {
  for (let after = ""; ; ) {
    const jobs = await db
      .selectFrom("jobs")
      .select(["id", "project", "spec", "metrics"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(JOBS_PER_PAGE)
      .execute();
    const rows = (await Promise.all(jobs.map(rowsOf))).flat();
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT)
      await db
        .insertInto("job_values")
        .values(rows.slice(start, start + ROWS_PER_INSERT))
        .execute();
    const last = jobs.at(-1);
    if (!last) return;
    after = last.id;
  }
}

const LEFT_OUT = new Set([
  ...["checkpoint", "priority", "max_seconds", "max_retries", "threads", "webhook"],
  ...["name", "metrics", "preprocess", "init_from"],
]);

async function rowsOf({ id, project, spec, metrics }: Filled["jobs"]): Promise<Filled["job_values"][]> {
  const found = new Map<string, unknown>();
  const { model, ...rest } = JSON.parse(spec) as Record<string, unknown>;
  for (const [name, value] of Object.entries({ ...rest, model })) if (!LEFT_OUT.has(name)) collect(found, `/${name}`, value);
  const best = metrics === null ? {} : ((JSON.parse(metrics) as { best?: object }).best ?? {});
  for (const [name, value] of Object.entries(best))
    if (name !== "epoch" && typeof value === "number") found.set(`metrics\u0000${name}`, value);
  const rows = [...found].map(async ([key, value]) => ({
    job_id: id,
    field: await fieldKey(`${project}\u0000${key}`),
    number: typeof value === "number" ? value : null,
    text: typeof value === "number" ? null : `${typeof value === "string" ? "s" : "b"}${value}`,
  }));
  return await Promise.all(rows);
}

const known = new Map<string, Promise<number>>();

/** The first 52 bits of SHA-256. */
function fieldKey(name: string): Promise<number> {
  const found = known.get(name) ?? hash(name);
  known.set(name, found);
  return found;
}

async function hash(name: string): Promise<number> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)));
  const hex = Array.from(bytes.subarray(0, 7), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return Number.parseInt(hex.slice(0, 13), 16);
}

function collect(found: Map<string, unknown>, pointer: string, value: unknown): void {
  if (found.size >= 150 || value === null || value === undefined) return;
  if (typeof value !== "object") {
    if (typeof value !== "string" || (value.length <= 200 && !value.includes("\u0000")))
      found.set(`params\u0000${pointer}`, value);
    return;
  }
  if (Array.isArray(value) && (typeof value[0] === "string" || (typeof value[0] === "number" && value.length > 8))) return;
  for (const [name, member] of Object.entries(value))
    collect(found, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, member);
}
