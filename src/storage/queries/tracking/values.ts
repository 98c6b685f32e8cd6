/** The values of runs and logged models: last metrics, parameters and tags, and the points of metrics. */
import { type Kysely, sql } from "kysely";
import { invalid, TrainyardError } from "../../../domain/errors.ts";
import { type KeyValue, type Metric, TRACKING_LIMITS } from "../../../domain/tracking/tracking.ts";
import type { PointCursor } from "../../../domain/tracking/tracking-store.ts";
import type { Tables } from "../../tables.ts";
import type { TrackingPointsTable, TrackingValuesTable } from "../../tracking-tables.ts";

/** Rows written with one statement: databases limit its parameters. */
const ROWS_PER_INSERT = 500;
const KINDS = { m: "metrics", p: "parameters", t: "tags" } as const;

/** The values of a run or a model. */
export interface Values {
  readonly metrics: readonly Metric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** Returns the values of runs and models, by their ids. */
export async function readValues(db: Kysely<Tables>, ids: readonly string[]): Promise<ReadonlyMap<string, Values>> {
  const found = new Map(ids.map((id) => [id, { metrics: [] as Metric[], params: [] as KeyValue[], tags: [] as KeyValue[] }]));
  if (ids.length === 0) return found;
  const query = db.selectFrom("tracking_values").selectAll().where("owner_id", "in", ids);
  for (const row of await query.orderBy("owner_id").orderBy("kind").orderBy("key").execute()) {
    const values = found.get(row.owner_id);
    if (row.kind === "m") values?.metrics.push(toMetric({ ...row, value: row.number ?? 0 }));
    else values?.[row.kind === "p" ? "params" : "tags"].push({ key: row.key, value: row.text ?? "" });
  }
  return found;
}

/** Returns a value in its stored form: as in MLflow's own store, infinity is the largest number, and NaN is marked beside a 0. */
function storedNumber(value: number): { readonly number: number; readonly is_nan: number } {
  if (Number.isNaN(value)) return { number: 0, is_nan: 1 };
  return { number: Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE), is_nan: 0 };
}

/** Stores metrics that are later than the stored ones: at a higher step, then at a later time, then larger. */
export async function writeMetrics(db: Kysely<Tables>, ownerId: string, metrics: readonly Metric[]): Promise<void> {
  // A statement may change a row only once.
  const last = new Map<string, TrackingValuesTable>();
  for (const { key, value, step, timestamp } of metrics) {
    const row: TrackingValuesTable = {
      ...{ owner_id: ownerId, kind: "m", key, text: null, step, timestamp },
      ...storedNumber(value),
    };
    const known = last.get(key);
    if (!known || isLater(row, known)) last.set(key, row);
  }
  for (const rows of slices([...last.values()]))
    await db
      .insertInto("tracking_values")
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(["owner_id", "kind", "key"])
          .doUpdateSet((row) => ({
            number: row.ref("excluded.number"),
            is_nan: row.ref("excluded.is_nan"),
            step: row.ref("excluded.step"),
            timestamp: row.ref("excluded.timestamp"),
          }))
          .where(
            sql<boolean>`(excluded.step, excluded.timestamp, excluded.number) >= (tracking_values.step, tracking_values.timestamp, tracking_values.number)`,
          ),
      )
      .execute();
  if (last.size > 0) await checkRoom(db, ownerId, "m");
}

function isLater(a: TrackingValuesTable, b: TrackingValuesTable): boolean {
  return a.step - b.step > 0 || (a.step === b.step && (a.timestamp - b.timestamp || Number(a.number) - Number(b.number)) >= 0);
}

/** Stores parameters. Throws invalid for one that has another value, because MLflow never changes them. */
export async function writeParams(db: Kysely<Tables>, ownerId: string, params: readonly KeyValue[]): Promise<void> {
  if (params.length === 0) return;
  const given = new Map<string, string>();
  for (const { key, value } of params) {
    if ((given.get(key) ?? value) !== value) throw otherValue(key, given.get(key) ?? "", value);
    given.set(key, value);
  }
  const known = await db
    .selectFrom("tracking_values")
    .select(["key", "text"])
    .where("owner_id", "=", ownerId)
    .where("kind", "=", "p")
    .where("key", "in", [...given.keys()])
    .execute();
  for (const { key, text } of known) if (given.get(key) !== text) throw otherValue(key, text ?? "", given.get(key) ?? "");
  await upsertTexts(db, ownerId, "p", [...given]);
}

function otherValue(key: string, has: string, asked: string): TrainyardError {
  const short = (value: string) => JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}...` : value);
  return invalid([
    { pointer: "", detail: `Changing param values is not allowed: ${key} is ${short(has)} already, not ${short(asked)}` },
  ]);
}

/** Stores tags; if a tag is given twice, its last value. */
export async function writeTags(db: Kysely<Tables>, ownerId: string, tags: readonly KeyValue[]): Promise<void> {
  await upsertTexts(db, ownerId, "t", [...new Map(tags.map(({ key, value }) => [key, value]))]);
}

async function upsertTexts(
  db: Kysely<Tables>,
  owner_id: string,
  kind: "p" | "t",
  entries: readonly (readonly [string, string])[],
): Promise<void> {
  for (const rows of slices(entries))
    await db
      .insertInto("tracking_values")
      .values(rows.map(([key, text]) => ({ owner_id, kind, key, text, number: null, is_nan: 0, step: 0, timestamp: 0 })))
      .onConflict((conflict) =>
        conflict.columns(["owner_id", "kind", "key"]).doUpdateSet((row) => ({ text: row.ref("excluded.text") })),
      )
      .execute();
  if (entries.length > 0) await checkRoom(db, owner_id, kind);
}

async function checkRoom(db: Kysely<Tables>, ownerId: string, kind: "m" | "p" | "t"): Promise<void> {
  const { count, characters } = await db
    .selectFrom("tracking_values")
    .select((values) => [
      values.fn.countAll<number>().as("count"),
      sql<number>`coalesce(sum(length(key) + length(coalesce(text, ''))), 0)`.as("characters"),
    ])
    .where("owner_id", "=", ownerId)
    .where("kind", "=", kind)
    .executeTakeFirstOrThrow();
  const most = TRACKING_LIMITS;
  if (Number(count) > most.values)
    throw new TrainyardError("too_large", `a run or a model has at most ${most.values} ${KINDS[kind]}`);
  if (kind !== "m" && Number(characters) > most.characters)
    throw new TrainyardError("too_large", `the ${KINDS[kind]} of a run or a model have at most ${most.characters} characters`);
}

/** Deletes a tag. Returns whether there was one. */
export async function deleteTag(db: Kysely<Tables>, ownerId: string, key: string): Promise<boolean> {
  const query = db.deleteFrom("tracking_values").where("owner_id", "=", ownerId).where("kind", "=", "t").where("key", "=", key);
  return (await query.executeTakeFirstOrThrow()).numDeletedRows > 0n;
}

/** Stores points; existing ones are not added twice. Returns how many were new. */
export async function writePoints(db: Kysely<Tables>, runId: string, metrics: readonly Metric[]): Promise<number> {
  let added = 0;
  const rows = metrics.map(({ key, step, timestamp, value }): TrackingPointsTable => {
    const { number, is_nan } = storedNumber(value);
    return { run_id: runId, key, step, timestamp, value: number, is_nan };
  });
  for (const some of slices(rows)) {
    const insert = db.insertInto("tracking_points").values(some);
    const { numInsertedOrUpdatedRows = 0n } = await insert
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    added += Number(numInsertedOrUpdatedRows);
  }
  return added;
}

/** See TrackingStore.readPoints. */
export async function readPoints(
  db: Kysely<Tables>,
  project: string,
  runId: string,
  key: string,
  after: PointCursor | null,
  limit: number,
): Promise<readonly Metric[]> {
  let query = db
    .selectFrom("tracking_points")
    .selectAll()
    .where("run_id", "=", runId)
    .where("key", "=", key)
    .where((values) =>
      values.exists(values.selectFrom("tracking_runs").select("id").where("id", "=", runId).where("project", "=", project)),
    );
  if (after) {
    const { number, is_nan } = storedNumber(after.isNaN ? Number.NaN : after.value);
    query = query.where(
      sql<boolean>`(step, timestamp, value, is_nan) > (${after.step}, ${after.timestamp}, cast(${number} as double precision), ${is_nan})`,
    );
  }
  const rows = await query.orderBy("step").orderBy("timestamp").orderBy("value").orderBy("is_nan").limit(limit).execute();
  return rows.map(toMetric);
}

function toMetric({ key, value, is_nan, step, timestamp }: Omit<TrackingPointsTable, "run_id">): Metric {
  return { key, value: Number(is_nan) === 1 ? Number.NaN : Number(value), step: Number(step), timestamp: Number(timestamp) };
}

function* slices<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) yield rows.slice(start, start + ROWS_PER_INSERT);
}
