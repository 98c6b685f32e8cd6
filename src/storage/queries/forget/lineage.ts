/** Queries on everything made from a data set: its relatives, jobs, sweeps and models. Ids are searched for as members of the stored JSON. */
import type { Kysely } from "kysely";
import type { DatasetUsers, RelatedDataset, StartedFrom } from "../../../domain/forget/forget-store.ts";
import type { ResolvedSpec } from "../../../domain/spec/spec.ts";
import type { Tables } from "../../tables.ts";

/** How a corrected data set names its original: see the note `cells_corrected`. */
const ORIGINAL = /the original is (ds_[0-9a-f-]{36})/g;
/** Jobs whose specs are read at a time. */
const PAGE = 100;

/** A text within any other, where `_` and `%` stand for themselves or, as `_`, for any character. */
const containing = (text: string): string => `%${text.replaceAll(/[%\\]/g, "_")}%`;

/** See ForgetStore.listRelated. */
export async function listRelated(db: Kysely<Tables>, datasetId: string): Promise<readonly RelatedDataset[]> {
  const start = await db
    .selectFrom("datasets")
    .select("project")
    .where("id", "=", datasetId)
    .where("ready", "=", 1)
    .executeTakeFirst();
  if (!start) return [];
  // A deleted original still connects its corrections.
  const names = new Set([datasetId]);
  const found = new Map<string, RelatedDataset>();
  for (const name of names) {
    const rows = await db
      .selectFrom("datasets")
      .select(["id", "name", "sha256", "columns"])
      .where("project", "=", start.project)
      .where("ready", "=", 1)
      .where((values) => values.or([values("id", "=", name), values("columns", "like", containing(`the original is ${name}`))]))
      .execute();
    for (const { id, name: title, sha256, columns } of rows) {
      // The notes are behind the columns, on a line of their own: a label with the same text is not a note.
      const about = columns.slice(columns.indexOf("\n") + 1);
      if (id !== name && !about.includes(`the original is ${name}`)) continue;
      found.set(id, { id, name: title, sha256 });
      names.add(id);
      for (const [, original] of about.matchAll(ORIGINAL)) names.add(original as string);
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** See ForgetStore.findUsers. */
export async function findUsers(
  db: Kysely<Tables>,
  project: string,
  { id, sha256 }: Pick<RelatedDataset, "id" | "sha256">,
): Promise<DatasetUsers> {
  const patterns = [containing(`"id":"${id}"`), containing(`"sha256":"${sha256}"`)];
  const jobs = await db
    .selectFrom("jobs")
    .select("id")
    .where("project", "=", project)
    .where((values) => values.or(patterns.map((pattern) => values("spec", "like", pattern))))
    .orderBy("id")
    .execute();
  const sweeps = await db
    .selectFrom("sweeps")
    .select(["id", "name", "state"])
    .where("project", "=", project)
    .where((values) => values.or(patterns.map((pattern) => values("spec", "like", pattern))))
    .orderBy("id")
    .execute();
  const models = await db
    .selectFrom("models")
    .select("id")
    .where("project", "=", project)
    .where("architecture", "like", patterns[1] as string)
    .orderBy("id")
    .execute();
  return { jobs: jobs.map((row) => row.id), sweeps, models: models.map((row) => row.id) };
}

/** See ForgetStore.listStarts. */
export async function listStarts(db: Kysely<Tables>, project: string): Promise<readonly StartedFrom[]> {
  const starts: StartedFrom[] = [];
  for (let after = ""; ; ) {
    const rows = await db
      .selectFrom("jobs")
      .select(["id", "spec"])
      .where("project", "=", project)
      .where("id", ">", after)
      .where("spec", "like", '%"init_from":{%')
      .orderBy("id")
      .limit(PAGE)
      .execute();
    for (const { id, spec } of rows) {
      const { init_from: from } = JSON.parse(spec) as ResolvedSpec;
      if (!from || "state_dict" in from) continue;
      const checkpoint = "checkpoint" in from ? from.checkpoint : null;
      starts.push({
        job: id,
        model: "model" in from ? from.model : null,
        checkpointOf: checkpoint && (await jobOfCheckpoint(db, checkpoint)),
      });
    }
    if (rows.length < PAGE) return starts;
    after = (rows.at(-1) as { id: string }).id;
  }
}

async function jobOfCheckpoint(db: Kysely<Tables>, id: string): Promise<string | null> {
  const row = await db.selectFrom("checkpoints").select("job_id").where("id", "=", id).executeTakeFirst();
  return row?.job_id ?? null;
}

/** See ForgetStore.findCopies. */
export async function findCopies(db: Kysely<Tables>, project: string, sha256: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("models")
    .select("id")
    .where("project", "=", project)
    .where("sha256", "=", sha256)
    .orderBy("id")
    .execute();
  return rows.map(({ id }) => id);
}
