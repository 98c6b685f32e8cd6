/** Queries on experiments that tracking clients have made. */
import { type Kysely, sql } from "kysely";
import { TrainyardError } from "../../../domain/errors.ts";
import { type Experiment, type Lifecycle, PROJECT_EXPERIMENT, TRACKING_LIMITS } from "../../../domain/tracking/tracking.ts";
import type { TrackingStore } from "../../../domain/tracking/tracking-store.ts";
import { isDuplicate, lockRows } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import type { TrackingExperimentsTable } from "../../tracking-tables.ts";

/** See TrackingStore.insertExperiment. */
export async function insertExperiment(db: Kysely<Tables>, project: string, experiment: Experiment): Promise<void> {
  const { id, name, lifecycle, tags, createdAt, updatedAt } = experiment;
  await unlessNamed(name, () =>
    db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto("tracking_experiments")
        .values({ ...{ project, id, name, lifecycle, tags: tagsText(tags) }, created_at: createdAt, updated_at: updatedAt })
        .execute();
      await checkRoom(transaction, project);
    }),
  );
}

/** Throws too_large if a project has too many experiments, or too long tags of them: a search reads them all. */
async function checkRoom(db: Kysely<Tables>, project: string): Promise<void> {
  const { count, characters } = await db
    .selectFrom("tracking_experiments")
    .select((values) => [values.fn.countAll<number>().as("count"), sql<number>`sum(length(tags))`.as("characters")])
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  const { experiments, experimentTags } = TRACKING_LIMITS;
  if (Number(count) > experiments) throw new TrainyardError("too_large", `a project has at most ${experiments} experiments`);
  if (Number(characters) > experimentTags)
    throw new TrainyardError(
      "too_large",
      `the tags of a project's experiments have at most ${experimentTags} characters together`,
    );
}

/** See TrackingStore.findExperiment. */
export async function findExperiment(
  db: Kysely<Tables>,
  project: string,
  ...[by]: Parameters<TrackingStore["findExperiment"]>
): Promise<Experiment | null> {
  const query = db.selectFrom("tracking_experiments").selectAll().where("project", "=", project);
  const row = await ("id" in by ? query.where("id", "=", by.id) : query.where("name", "=", by.name)).executeTakeFirst();
  return row ? toExperiment(row) : null;
}

/** See TrackingStore.listExperiments. */
export async function listExperiments(db: Kysely<Tables>, project: string): Promise<readonly Experiment[]> {
  const rows = await db.selectFrom("tracking_experiments").selectAll().where("project", "=", project).orderBy("id").execute();
  return rows.map(toExperiment);
}

/** See TrackingStore.changeExperiment. */
export async function changeExperiment(
  db: Kysely<Tables>,
  project: string,
  ...[id, at, changes]: Parameters<TrackingStore["changeExperiment"]>
): Promise<void> {
  const { name, lifecycle, tags = {} } = changes;
  await unlessNamed(name ?? "", () =>
    db.transaction().execute(async (transaction) => {
      if (id === PROJECT_EXPERIMENT) {
        // Its name is the project's: the row has another one, which no client can give.
        const row = { project, id, name: "", lifecycle: "active", tags: "{}", created_at: at, updated_at: at };
        await transaction
          .insertInto("tracking_experiments")
          .values(row)
          .onConflict((conflict) => conflict.columns(["project", "id"]).doNothing())
          .execute();
      }
      const found = transaction
        .selectFrom("tracking_experiments")
        .selectAll()
        .where("project", "=", project)
        .where("id", "=", id);
      const row = await lockRows(transaction, found).executeTakeFirst();
      if (!row) throw new TrainyardError("not_found", `No Experiment with id=${id} exists`);
      const merged = Object.entries({ ...(JSON.parse(row.tags) as Record<string, string>), ...tags });
      const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
      if (kept.length > TRACKING_LIMITS.values)
        throw new TrainyardError("too_large", `an experiment has at most ${TRACKING_LIMITS.values} tags`);
      await transaction
        .updateTable("tracking_experiments")
        .set({ name: name ?? row.name, lifecycle: lifecycle ?? row.lifecycle, updated_at: at })
        .set({ tags: JSON.stringify(Object.fromEntries(kept)) })
        .where("project", "=", project)
        .where("id", "=", id)
        .execute();
      await checkRoom(transaction, project);
    }),
  );
}

async function unlessNamed(name: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new TrainyardError("conflict", `Experiment '${name}' already exists, active or deleted`);
  }
}

const tagsText = (tags: Experiment["tags"]): string =>
  JSON.stringify(Object.fromEntries(tags.map(({ key, value }) => [key, value])));

function toExperiment({ id, name, lifecycle, tags, created_at, updated_at }: TrackingExperimentsTable): Experiment {
  const entries = Object.entries(JSON.parse(tags) as Record<string, string>);
  return {
    ...{ id, name, lifecycle: lifecycle as Lifecycle, createdAt: Number(created_at), updatedAt: Number(updated_at) },
    tags: entries.map(([key, value]) => ({ key, value })),
  };
}
