/**
 * Queries on checkpoints. A checkpoint is written like a data set: chunk by chunk over many short transactions, invisible until
 * the last one, which also hides the checkpoints that it replaces. Hidden ones are erased afterwards, or at the next start.
 */
import type { Kysely, Transaction } from "kysely";
import { createId } from "../../../domain/id.ts";
import {
  type Checkpoint,
  type CheckpointReason,
  type CheckpointState,
  MAX_MARKS,
  type NewCheckpoint,
  REPLAY_MARK,
} from "../../../domain/jobs/checkpoint.ts";
import { ATTEMPTED_STATES } from "../../../domain/jobs/job.ts";
import { DEFAULT_RUN_OPTIONS } from "../../../domain/jobs/run-defaults.ts";
import type { Model } from "../../../domain/models/model.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { ResolvedSpec } from "../../../domain/spec/spec.ts";
import type { TensorEntry, TensorSet } from "../../../domain/tensor.ts";
import type { CheckpointsTable, Tables } from "../../tables.ts";
import { eraseTensors, readTensors, writeTensors } from "../blobs.ts";
import { toPage } from "../page.ts";
import { metricsFromJson } from "../rows.ts";

const RECORD = ["id", "job_id", "attempt", "epoch", "step", "reason", "is_best", "bytes", "sha256", "created_at"] as const;
type RecordRow = Pick<CheckpointsTable, (typeof RECORD)[number]>;

/** The connections that an insertion uses: see Databases in store.ts. */
interface Writers {
  readonly writer: Kysely<Tables>;
  readonly insertWriter: Kysely<Tables>;
  readonly bulkWriter: Kysely<Tables>;
}

/** See CheckpointStore.insert. */
export async function insertCheckpoint(
  { writer, insertWriter, bulkWriter }: Writers,
  jobId: string,
  attempt: number,
  at: number,
  checkpoint: NewCheckpoint,
): Promise<Checkpoint | null> {
  const job = await attempted(bulkWriter, jobId, attempt);
  if (!job) return null;
  const row = toRow({ id: createId("checkpoint"), project: job.project, job_id: jobId, attempt, created_at: at }, checkpoint);
  await bulkWriter.insertInto("checkpoints").values(row).execute();
  const published = await writeAndPublish().catch(async (error: unknown) => {
    await eraseCheckpoints(writer, [row.id]).catch(() => undefined);
    throw error;
  });
  // A full disk may prevent this too. The remains are invisible, and are removed at the next sweep.
  await eraseCheckpoints(writer, published ? published.hidden : [row.id]).catch(() => undefined);
  return published && toRecord(row);

  async function writeAndPublish(): Promise<{ readonly hidden: string[] } | null> {
    await writeTensors(bulkWriter, row.id, checkpoint.tensors);
    return insertWriter.transaction().execute((transaction) => publish(transaction, row));
  }
}

/** Returns the project of a job and how many checkpoints it keeps; null when the attempt no longer runs the job. */
async function attempted(
  db: Kysely<Tables>,
  jobId: string,
  attempt: number,
): Promise<{ readonly project: string; readonly keep: number } | null> {
  const job = await db
    .selectFrom("jobs")
    .select(["project", "spec"])
    .where("id", "=", jobId)
    .where("attempt", "=", attempt)
    .where("state", "in", ATTEMPTED_STATES)
    .executeTakeFirst();
  if (!job) return null;
  const spec = JSON.parse(job.spec) as Partial<Pick<ResolvedSpec, "checkpoint">>;
  return { project: job.project, keep: (spec.checkpoint ?? DEFAULT_RUN_OPTIONS.checkpoint).keep };
}

/** Makes a checkpoint visible, and hides those that are no longer kept. Returns null when the attempt has lost the job. */
async function publish(db: Transaction<Tables>, row: CheckpointsTable): Promise<{ readonly hidden: string[] } | null> {
  const job = await attempted(db, row.job_id, row.attempt);
  if (!job) return null;
  if (row.is_best === 1) await db.updateTable("checkpoints").set({ is_best: 0 }).where("job_id", "=", row.job_id).execute();
  await db.updateTable("checkpoints").set({ ready: 1, is_best: row.is_best }).where("id", "=", row.id).execute();
  const all = await db
    .selectFrom("checkpoints")
    .select(["id", "is_best"])
    .where("job_id", "=", row.job_id)
    .where("ready", "=", 1)
    .where("reason", "!=", REPLAY_MARK)
    .orderBy("epoch", "desc")
    .orderBy("step", "desc")
    .orderBy("id", "desc")
    .execute();
  if (row.reason === REPLAY_MARK) return hideMarks(db, row.job_id);
  const hidden = all.slice(job.keep).flatMap(({ id, is_best }) => (is_best === 1 ? [] : [id]));
  if (hidden.length > 0) await db.updateTable("checkpoints").set({ ready: 0 }).where("id", "in", hidden).execute();
  return { hidden };
}

/** Hides every second mark of a job that has too many, so that the others lie twice as far apart. */
async function hideMarks(db: Transaction<Tables>, jobId: string): Promise<{ readonly hidden: string[] }> {
  const marks = await db
    .selectFrom("checkpoints")
    .select("id")
    .where("job_id", "=", jobId)
    .where("ready", "=", 1)
    .where("reason", "=", REPLAY_MARK)
    .orderBy("epoch", "desc")
    .execute();
  const hidden = marks.length > MAX_MARKS ? marks.flatMap(({ id }, index) => (index % 2 === 1 ? [id] : [])) : [];
  if (hidden.length > 0) await db.updateTable("checkpoints").set({ ready: 0 }).where("id", "in", hidden).execute();
  return { hidden };
}

/** See CheckpointStore.getNearest. */
export async function getNearestCheckpoint(
  db: Kysely<Tables>,
  jobId: string,
  epoch: number,
  step: number,
): Promise<(Pick<CheckpointState, "epoch" | "step"> & { readonly id: string }) | null> {
  const row = await db
    .selectFrom("checkpoints")
    .select(["id", "epoch", "step"])
    .where("job_id", "=", jobId)
    .where("ready", "=", 1)
    .where(({ or, and, eb }) => or([eb("epoch", "<", epoch), and([eb("epoch", "=", epoch), eb("step", "<=", step)])]))
    .orderBy("epoch", "desc")
    .orderBy("step", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** See CheckpointStore.list. */
export async function listCheckpoints(
  db: Kysely<Tables>,
  jobId: string,
  { after, limit }: PageRequest,
): Promise<Page<Checkpoint>> {
  let query = db
    .selectFrom("checkpoints")
    .select(RECORD)
    .where("job_id", "=", jobId)
    .where("ready", "=", 1)
    .where("reason", "!=", REPLAY_MARK)
    .orderBy("id", "desc");
  if (after !== undefined) query = query.where("id", "<", after);
  return toPage(await query.limit(limit + 1).execute(), limit, toRecord);
}

/** See CheckpointStore.get. */
export async function getCheckpoint(db: Kysely<Tables>, id: string): Promise<Checkpoint | null> {
  const row = await db.selectFrom("checkpoints").select(RECORD).where("id", "=", id).where("ready", "=", 1).executeTakeFirst();
  return row ? toRecord(row) : null;
}

/** See CheckpointStore.getLast. Orders by epoch and step, not by time: clocks may have been set back. */
export async function getLastCheckpoint(db: Kysely<Tables>, jobId: string): Promise<Checkpoint | null> {
  const row = await db
    .selectFrom("checkpoints")
    .select(RECORD)
    .where("job_id", "=", jobId)
    .where("ready", "=", 1)
    .where("reason", "!=", REPLAY_MARK)
    .orderBy("epoch", "desc")
    .orderBy("step", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ? toRecord(row) : null;
}

/** See CheckpointStore.read. */
export async function readCheckpoint(db: Kysely<Tables>, id: string): Promise<CheckpointState | null> {
  const row = await db
    .selectFrom("checkpoints")
    .select(["epoch", "step", "entries", "progress"])
    .where("id", "=", id)
    .where("ready", "=", 1)
    .executeTakeFirst();
  if (!row) return null;
  const { epoch, step, entries, progress } = row;
  const stored = { id, entries: JSON.parse(entries) as TensorEntry[] };
  const tensors = await readTensors(db, stored, () => getCheckpoint(db, id));
  return tensors && { epoch, step, progress, tensors };
}

/** Returns a checkpoint as a model: see ModelStore.find. */
export async function getCheckpointModel(db: Kysely<Tables>, id: string): Promise<Model | null> {
  const row = await db
    .selectFrom("checkpoints")
    .innerJoin("jobs", "jobs.id", "checkpoints.job_id")
    .select(["checkpoints.model", "checkpoints.job_id", "checkpoints.created_at", "jobs.name", "jobs.metrics"])
    .where("checkpoints.id", "=", id)
    .where("checkpoints.ready", "=", 1)
    .where("checkpoints.reason", "!=", REPLAY_MARK)
    .executeTakeFirst();
  if (!row) return null;
  return {
    ...(JSON.parse(row.model) as NewCheckpoint["model"]),
    id,
    name: row.name,
    version: 0,
    aliases: [],
    tags: {},
    jobId: row.job_id,
    metrics: row.metrics === null ? { final: {}, best: {} } : metricsFromJson(row.metrics),
    createdAt: row.created_at,
  };
}

/** Reads the weights of a checkpoint, which are the first of its tensors: see ModelStore.readWeights. */
export async function readCheckpointWeights(db: Kysely<Tables>, id: string): Promise<TensorSet | null> {
  const model = await getCheckpointModel(db, id);
  return model && readTensors(db, { id, entries: model.weights }, () => getCheckpoint(db, id));
}

/** See CheckpointStore.delete. */
export async function deleteCheckpoint(writer: Kysely<Tables>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await writer
    .updateTable("checkpoints")
    .set({ ready: 0 })
    .where("id", "=", id)
    .where("ready", "=", 1)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) await eraseCheckpoints(writer, [id]);
  return numUpdatedRows > 0n;
}

/** See CheckpointStore.deleteAll. */
export async function deleteCheckpoints(writer: Kysely<Tables>, jobId: string): Promise<void> {
  await eraseCheckpoints(writer, await writer.transaction().execute((transaction) => hideCheckpoints(transaction, jobId)));
}

/** Hides the checkpoints of a job that is being deleted. Returns their ids, to be passed to `eraseCheckpoints` afterwards. */
export async function hideCheckpoints(db: Transaction<Tables>, jobId: string): Promise<string[]> {
  const rows = await db.updateTable("checkpoints").set({ ready: 0 }).where("job_id", "=", jobId).returning("id").execute();
  return rows.map(({ id }) => id);
}

/** See CheckpointStore.removeUnfinished. */
export async function removeUnfinishedCheckpoints(writer: Kysely<Tables>, at: number): Promise<number> {
  const rows = await writer
    .selectFrom("checkpoints")
    .select("id")
    .where("ready", "=", 0)
    .where("created_at", "<", at)
    .execute();
  await eraseCheckpoints(
    writer,
    rows.map(({ id }) => id),
  );
  return rows.length;
}

/**
 * Deletes hidden checkpoints, a bounded number of chunks at a time, and then their records. Leaves visible ones alone: publishing one may
 * have been reported as failed although it was committed.
 */
export async function eraseCheckpoints(writer: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const hidden = await writer.selectFrom("checkpoints").select("id").where("id", "in", ids).where("ready", "=", 0).execute();
  for (const { id } of hidden) {
    await eraseTensors(writer, id);
    await writer.deleteFrom("checkpoints").where("id", "=", id).where("ready", "=", 0).execute();
  }
}

function toRow(
  origin: Pick<CheckpointsTable, "id" | "project" | "job_id" | "attempt" | "created_at">,
  { epoch, step, reason, isBest, tensors, progress, model }: NewCheckpoint,
): CheckpointsTable {
  return {
    ...origin,
    epoch,
    step,
    reason,
    is_best: isBest ? 1 : 0,
    bytes: tensors.data.byteLength,
    sha256: model.sha256,
    entries: JSON.stringify(tensors.entries),
    progress,
    // Replays need no model, whose categories may be larger than its weights.
    model: reason === REPLAY_MARK ? "{}" : JSON.stringify(model),
    ready: 0,
  };
}

function toRecord(row: RecordRow): Checkpoint {
  return {
    id: row.id,
    jobId: row.job_id,
    attempt: row.attempt,
    epoch: row.epoch,
    step: row.step,
    reason: row.reason as CheckpointReason,
    isBest: row.is_best === 1,
    bytes: row.bytes,
    sha256: row.sha256,
    createdAt: row.created_at,
  };
}
