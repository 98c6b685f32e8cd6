/** Queries on monitored models: counts by window, and the results of windows. */
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { createId } from "../../../domain/id.ts";
import type { WindowVerdict } from "../../../domain/monitoring/drift.ts";
import {
  type JudgedWindow,
  KEPT_WINDOWS,
  type Monitor,
  type MonitorFigures,
  type MonitorOptions,
  type MonitorWindow,
  SCORE_DROP,
  type ScoreChange,
} from "../../../domain/monitoring/monitor-store.ts";
import type { PredictionCounts } from "../../../domain/monitoring/tally.ts";
import { keepRows } from "../../dialect.ts";
import type { MonitorsTable, MonitorWindowsTable } from "../../monitoring-tables.ts";
import type { Tables } from "../../tables.ts";
import { trimAskedRows } from "./trim-asked-rows.ts";

const NOTHING = new Uint8Array(0);

/** Creates the monitor of a model if there is none, and locks it. Undefined for a model that does not exist. */
export async function lockMonitor(
  db: Transaction<Tables>,
  modelId: string,
  at: number,
): Promise<Selectable<MonitorsTable> | undefined> {
  const lock = () =>
    db
      .updateTable("monitors")
      .set(({ ref }) => ({ updated_at: ref("updated_at") }))
      .where("model_id", "=", modelId)
      .returningAll()
      .executeTakeFirst();
  const known = await lock();
  if (known) return known;
  // A model that is being deleted is gone before this, or after the monitor exists.
  const owner = await keepRows(db, db.selectFrom("models").select("project").where("id", "=", modelId)).executeTakeFirst();
  if (!owner) return undefined;
  await db
    .insertInto("monitors")
    .values({
      model_id: modelId,
      project: owner.project,
      enabled: 1,
      webhook: null,
      rows: 0,
      total_rows: 0,
      windows: 0,
      counts: NOTHING.slice(),
      drifted: "[]",
      answers: 0,
      window_started_at: null,
      updated_at: at,
      ...{ psi: null, live_score: null, sample_rows: 0, score_drop: SCORE_DROP, score_fell: 0, rows_erased_at: null },
    })
    .onConflict((conflict) => conflict.column("model_id").doNothing())
    .execute();
  return lock();
}

/** See MonitorStore.add. */
export async function addCounts(
  db: Kysely<Tables>,
  modelId: string,
  { rows: added, counts }: PredictionCounts,
  windowRows: number,
  at: number,
): Promise<{ monitor: Monitor; unjudged: MonitorWindow[] } | null> {
  return await db.transaction().execute(async (transaction) => {
    const state = await lockMonitor(transaction, modelId, at);
    if (!state || state.enabled === 0) return null;
    const rows = Number(state.rows) + added;
    const startedAt = state.window_started_at === null ? at : Number(state.window_started_at);
    const sum = toBytes(sumOf(counts, fromBytes(state.counts)));
    const isFull = rows >= windowRows;
    const number = state.windows + 1;
    if (isFull) {
      await transaction
        .insertInto("monitor_windows")
        .values({ model_id: modelId, number, started_at: startedAt, ended_at: at, rows, counts: sum, verdict: null })
        .execute();
      await transaction
        .deleteFrom("monitor_windows")
        .where("model_id", "=", modelId)
        .where("number", "<=", number - KEPT_WINDOWS)
        .execute();
    }
    const now = await transaction
      .updateTable("monitors")
      .set({
        total_rows: Number(state.total_rows) + added,
        updated_at: at,
        ...(isFull
          ? { rows: 0, counts: NOTHING.slice(), windows: number, window_started_at: null }
          : { rows, counts: sum, window_started_at: startedAt }),
      })
      .where("model_id", "=", modelId)
      .returningAll()
      .executeTakeFirstOrThrow();
    const unjudged = isFull
      ? await transaction
          .selectFrom("monitor_windows")
          .selectAll()
          .where("model_id", "=", modelId)
          .where("verdict", "is", null)
          .orderBy("number")
          .execute()
      : [];
    return { monitor: toMonitor(now), unjudged: unjudged.map(toWindow) };
  });
}

/** See MonitorStore.judge. */
export async function judgeWindow(
  db: Kysely<Tables>,
  modelId: string,
  { number, verdict, at, message }: JudgedWindow,
): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable("monitor_windows")
      .set({ verdict: JSON.stringify(verdict) })
      .where("model_id", "=", modelId)
      .where("number", "=", number)
      .where("verdict", "is", null)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) return false;
    const monitor = await transaction
      .updateTable("monitors")
      .set({
        drifted: JSON.stringify(verdict.drifted),
        psi: verdict.columns.reduce((most, { psi }) => Math.max(most, psi), 0),
      })
      .where("model_id", "=", modelId)
      .returning("project")
      .executeTakeFirstOrThrow();
    if (message) await send(transaction, modelId, monitor.project, message, at);
    return true;
  });
}

/** Adds a message of a model to the outbox of webhooks. */
async function send(
  db: Transaction<Tables>,
  modelId: string,
  project: string,
  message: NonNullable<JudgedWindow["message"]>,
  at: number,
): Promise<void> {
  await db
    .insertInto("webhook_deliveries")
    .values({
      ...{ id: createId("delivery"), job_id: modelId, project, ...message, state: "pending", attempts: 0, log: "" },
      ...{ next_at: at, claimed: 0, created_at: at, finished_at: null },
    })
    .execute();
}

/** See MonitorStore.get. */
export async function getMonitor(db: Kysely<Tables>, modelId: string): Promise<Monitor | null> {
  const row = await db.selectFrom("monitors").selectAll().where("model_id", "=", modelId).executeTakeFirst();
  return row ? toMonitor(row) : null;
}

/** See MonitorStore.listWindows. */
export async function listWindows(db: Kysely<Tables>, modelId: string, limit: number): Promise<MonitorWindow[]> {
  const rows = await db
    .selectFrom("monitor_windows")
    .selectAll()
    .where("model_id", "=", modelId)
    .orderBy("number", "desc")
    .limit(limit)
    .execute();
  return rows.map(toWindow);
}

/** See MonitorStore.configure. */
export async function configureMonitor(
  db: Kysely<Tables>,
  modelId: string,
  { enabled, webhook, sampleRows, scoreDrop }: Partial<MonitorOptions>,
  at: number,
): Promise<Monitor | null> {
  return await db.transaction().execute(async (transaction) => {
    const before = await lockMonitor(transaction, modelId, at);
    if (!before) return null;
    const row = await transaction
      .updateTable("monitors")
      .set({
        updated_at: sql<number>`updated_at`,
        ...(enabled !== undefined && { enabled: enabled ? 1 : 0 }),
        ...(webhook !== undefined && { webhook }),
        ...(sampleRows !== undefined && { sample_rows: sampleRows }),
        // Whether the score has fallen by another bound is not known before the next labels.
        ...(scoreDrop !== undefined && scoreDrop !== before.score_drop && { score_drop: scoreDrop, score_fell: 0 }),
      })
      .where("model_id", "=", modelId)
      .returningAll()
      .executeTakeFirstOrThrow();
    if (sampleRows !== undefined) await trimAskedRows(transaction, modelId, sampleRows);
    return toMonitor(row);
  });
}

/** See MonitorStore.setScore. */
export async function setLiveScore(
  db: Kysely<Tables>,
  modelId: string,
  score: number | null,
  change: ScoreChange | null,
): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    await transaction.updateTable("monitors").set({ live_score: score }).where("model_id", "=", modelId).execute();
    if (!change) return false;
    const { fell, at, message } = change;
    const changed = await transaction
      .updateTable("monitors")
      .set({ score_fell: fell ? 1 : 0 })
      .where("model_id", "=", modelId)
      .where("score_fell", "=", fell ? 0 : 1)
      .returning("project")
      .executeTakeFirst();
    if (changed && message) await send(transaction, modelId, changed.project, message, at);
    return changed !== undefined;
  });
}

/** See MonitorStore.listFigures. */
export async function listFigures(db: Kysely<Tables>, limit: number): Promise<MonitorFigures[]> {
  const rows = await db
    .selectFrom("monitors")
    .innerJoin("models", "models.id", "monitors.model_id")
    .select(["monitors.project", "models.name", "models.version", "monitors.psi", "monitors.live_score", "monitors.score_fell"])
    .where("monitors.enabled", "=", 1)
    .orderBy("monitors.updated_at", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ live_score, score_fell, ...row }) => ({ ...row, liveScore: live_score, scoreFell: score_fell === 1 }));
}

function sumOf(counts: Float64Array, before: Float64Array): Float64Array {
  // No rows yet.
  if (before.length === 0) return counts;
  return Float64Array.from(counts, (count, bin) => count + (before[bin] as number));
}

/** A copy, because SQLite's thread takes over the memory of its parameters. */
function toBytes(counts: Float64Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Float64Array.from(counts).buffer);
}

function fromBytes(bytes: Uint8Array): Float64Array<ArrayBuffer> {
  return new Float64Array(Uint8Array.from(bytes).buffer);
}

function toMonitor(row: Selectable<MonitorsTable>): Monitor {
  return {
    project: row.project,
    enabled: row.enabled === 1,
    webhook: row.webhook,
    sampleRows: row.sample_rows,
    scoreDrop: row.score_drop,
    scoreFell: row.score_fell === 1,
    openRows: Number(row.rows),
    rows: Number(row.total_rows),
    windows: row.windows,
    drifted: JSON.parse(row.drifted) as string[],
    updatedAt: Number(row.updated_at),
  };
}

function toWindow(row: Selectable<MonitorWindowsTable>): MonitorWindow {
  return {
    number: row.number,
    startedAt: Number(row.started_at),
    endedAt: Number(row.ended_at),
    rows: Number(row.rows),
    counts: fromBytes(row.counts),
    verdict: row.verdict === null ? null : (JSON.parse(row.verdict) as WindowVerdict),
  };
}
