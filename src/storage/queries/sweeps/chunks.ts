/**
 * Queries on chunks of trials: who runs which, and their results. A chunk runs under a lease, which ends when it is not renewed; results of
 * a holder are refused when another has the chunk. The last result of a generation leaves a planning chunk.
 */
import { type ExpressionBuilder, type Kysely, sql, type Transaction } from "kysely";
import { isMaximized } from "../../../domain/metrics/direction.ts";
import { ACTIVE_STATES, type BestTrial, OPEN_STATES, type Sweep } from "../../../domain/sweeps/sweep.ts";
import type { ResolvedSweepSpec } from "../../../domain/sweeps/sweep-spec.ts";
import type { ChunkKey, ChunkRequest, StoredTrials, SweepChunk, SweepEnd } from "../../../domain/sweeps/sweep-store.ts";
import type { PlannedTrial, Trial } from "../../../domain/sweeps/trial.ts";
import type { PlannedChunk, PlannedGeneration } from "../../../domain/sweeps/trial-run.ts";
import type { SweepChunksTable, SweepsTable, Tables } from "../../tables.ts";
import { isFree } from "../leases.ts";
import { toSweep, trialRow } from "./rows.ts";
import { insertPlanningChunk, insertProgressEvent, lockSweep, moveSweep } from "./sweeps.ts";
import { pruneTrials, upsertTrials } from "./trials.ts";

/** Maximum chunks inserted with one statement. */
const CHUNKS_PER_INSERT = 16;

/** See SweepStore.claimChunk. */
export async function claimChunk(db: Kysely<Tables>, request: ChunkRequest): Promise<SweepChunk | null> {
  return await db.transaction().execute(async (transaction) => {
    for (const id of await sweepsInTurn(transaction, request)) {
      const sweep = await lockSweep(transaction, id, ACTIVE_STATES);
      const chunk = sweep && (await leaseChunk(transaction, id, request));
      if (!sweep || !chunk) continue;
      const { lease, at } = request;
      const to = { state: "running" as const, at, reason: "a worker took its first trials" };
      const row = sweep.state === "queued" ? await moveSweep(transaction, sweep, to) : sweep;
      const trials = (JSON.parse(chunk.trials) as PlannedTrial[]).slice(chunk.done);
      return { sweep: toSweep(row), number: chunk.number, lease, trials, done: chunk.done, crashes: chunk.crashes };
    }
    return null;
  });
}

/** Returns the sweeps with a chunk to run that fits, the next one first. */
async function sweepsInTurn(db: Transaction<Tables>, { at, freeBytes, runningJobs }: ChunkRequest): Promise<readonly string[]> {
  const candidates = await db
    .selectFrom("sweeps")
    .select(["id", "project"])
    .where("state", "in", ACTIVE_STATES)
    .where("memory_bytes", "<=", freeBytes)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom("sweep_chunks").select("number").whereRef("sweep_id", "=", "sweeps.id").where(isFree(at))),
    )
    .orderBy("queue_key")
    .orderBy("id")
    .execute();
  if (candidates.length === 0) return [];
  const held = await db
    .selectFrom("sweep_chunks")
    .innerJoin("sweeps", "sweeps.id", "sweep_chunks.sweep_id")
    .select((values) => ["project", values.fn.countAll<number>().as("chunks")])
    .where("leased_until", ">=", at)
    .groupBy("project")
    .execute();
  const heldBy = new Map(held.map(({ project, chunks }) => [project, Number(chunks)]));
  const heldOf = ({ project }: { readonly project: string }) => heldBy.get(project) ?? 0;
  // The sort is stable: the sweeps of one project stay in the order of their keys.
  const allowed = candidates.filter((candidate) => heldOf(candidate) < runningJobs);
  return allowed.toSorted((a, b) => heldOf(a) - heldOf(b)).map(({ id }) => id);
}

async function leaseChunk(
  db: Transaction<Tables>,
  sweepId: string,
  { lease, at, until }: ChunkRequest,
): Promise<SweepChunksTable | undefined> {
  const next = db.selectFrom("sweep_chunks").select("number").where("sweep_id", "=", sweepId).where(isFree(at));
  return await db
    .updateTable("sweep_chunks")
    .set({ lease, leased_until: until })
    .where("sweep_id", "=", sweepId)
    .where("number", "=", next.orderBy("number").limit(1))
    .returningAll()
    .executeTakeFirst();
}

/** See SweepStore.renewLeases. */
export async function renewLeases(db: Kysely<Tables>, leases: readonly string[], until: number): Promise<string[]> {
  const held: string[] = [];
  for (const lease of leases) {
    const { numUpdatedRows } = await db
      .updateTable("sweep_chunks")
      .set({ leased_until: until })
      .where("lease", "=", lease)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) held.push(lease);
  }
  return held;
}

/** See SweepStore.releaseChunk. */
export async function releaseChunk(db: Kysely<Tables>, chunk: ChunkKey, hasCrashed: boolean): Promise<void> {
  await db
    .updateTable("sweep_chunks")
    .set((values) => ({ lease: null, leased_until: null, crashes: values("crashes", "+", hasCrashed ? 1 : 0) }))
    .where(isHeld(chunk))
    .execute();
}

/** See SweepStore.releaseAllChunks. */
export async function releaseAllChunks(db: Kysely<Tables>): Promise<void> {
  await db.updateTable("sweep_chunks").set({ lease: null, leased_until: null }).where("lease", "is not", null).execute();
}

function isHeld({ sweepId, number, lease }: ChunkKey) {
  return (values: ExpressionBuilder<Tables, "sweep_chunks">) =>
    values.and([values("sweep_id", "=", sweepId), values("number", "=", number), values("lease", "=", lease)]);
}

/** See SweepStore.storeTrials. */
export async function storeTrials(
  db: Kysely<Tables>,
  chunk: ChunkKey,
  done: number,
  trials: readonly Trial[],
  at: number,
): Promise<StoredTrials | null> {
  const rows = trials.map((trial) => trialRow(chunk.sweepId, trial));
  return await db.transaction().execute(async (transaction) => {
    const sweep = await lockSweep(transaction, chunk.sweepId, OPEN_STATES);
    if (!sweep) return null;
    const stored = await transaction
      .updateTable("sweep_chunks")
      .set({ done: done + trials.length, crashes: 0 })
      .where(isHeld(chunk))
      .where("done", "=", done)
      .returning(["size", "done"])
      .executeTakeFirst();
    if (!stored) return null;
    await upsertTrials(transaction, rows);
    const isLast = stored.done === stored.size && (await removeChunk(transaction, chunk));
    if (isLast) await insertPlanningChunk(transaction, chunk.sweepId, sweep.last_chunk + 1);
    const count = (state: Trial["state"]) => trials.filter((trial) => trial.state === state).length;
    const best = bestOf(sweep, trials);
    const row = await transaction
      .updateTable("sweeps")
      .set((values) => ({
        succeeded: values("succeeded", "+", count("succeeded")),
        failed: values("failed", "+", count("failed")),
        best_number: best?.number ?? null,
        best_value: best?.value ?? null,
        last_chunk: sweep.last_chunk + (isLast ? 1 : 0),
        last_seq: values("last_seq", "+", 1),
      }))
      .where("id", "=", sweep.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await insertProgressEvent(transaction, row, at);
    return { lastSeq: row.last_seq, isGenerationOver: isLast };
  });
}

/** Removes a chunk that is done. Returns whether it was the last one of its sweep. */
async function removeChunk(db: Transaction<Tables>, { sweepId, number }: ChunkKey): Promise<boolean> {
  await db.deleteFrom("sweep_chunks").where("sweep_id", "=", sweepId).where("number", "=", number).execute();
  return !(await db.selectFrom("sweep_chunks").select("number").where("sweep_id", "=", sweepId).limit(1).executeTakeFirst());
}

/** Returns the best trial so far: among equal ones that with the lowest number, whichever came first. */
function bestOf({ spec, best_number, best_value }: SweepsTable, trials: readonly Trial[]): BestTrial | null {
  const sign = isMaximized((JSON.parse(spec) as ResolvedSweepSpec).objective) ? -1 : 1;
  let best: BestTrial | null = best_number === null || best_value === null ? null : { number: best_number, value: best_value };
  for (const { number, state, value } of trials) {
    if (state !== "succeeded" || value === null) continue;
    const difference = best === null ? -1 : sign * (value - best.value);
    if (difference < 0 || (difference === 0 && number < (best?.number ?? 0))) best = { number, value };
  }
  return best;
}

/** See SweepStore.startGeneration. */
export async function startGeneration(
  db: Kysely<Tables>,
  chunk: ChunkKey,
  { index, chunks, pruned }: PlannedGeneration,
  at: number,
): Promise<Sweep | null> {
  return await db.transaction().execute(async (transaction) => {
    const sweep = await lockSweep(transaction, chunk.sweepId, ACTIVE_STATES);
    if (!sweep || !(await removePlanning(transaction, chunk))) return null;
    const rows = chunkRows(sweep, chunks);
    for (let start = 0; start < rows.length; start += CHUNKS_PER_INSERT) {
      await transaction
        .insertInto("sweep_chunks")
        .values(rows.slice(start, start + CHUNKS_PER_INSERT))
        .execute();
    }
    await pruneTrials(transaction, sweep.id, pruned);
    const row = await transaction
      .updateTable("sweeps")
      .set({
        generation: index,
        pruned: sql<number>`pruned + ${sql.lit(pruned.length)}`,
        last_chunk: sweep.last_chunk + rows.length,
        last_seq: sql<number>`last_seq + 1`,
      })
      .where("id", "=", sweep.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await insertProgressEvent(transaction, row, at);
    return toSweep(row);
  });
}

function chunkRows({ id, last_chunk }: SweepsTable, chunks: readonly PlannedChunk[]): SweepChunksTable[] {
  const unleased = { done: 0, crashes: 0, lease: null, leased_until: null };
  return chunks.map(({ size, json }, index) => ({
    ...{ sweep_id: id, number: last_chunk + index + 1, trials: json, size },
    ...unleased,
  }));
}

async function removePlanning(db: Transaction<Tables>, chunk: ChunkKey): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom("sweep_chunks").where(isHeld(chunk)).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** See SweepStore.finish. */
export async function finishSweep(db: Kysely<Tables>, chunk: ChunkKey, end: SweepEnd): Promise<Sweep | null> {
  const { to, pruned, isPromoted, error } = end;
  return await db.transaction().execute(async (transaction) => {
    const sweep = await lockSweep(transaction, chunk.sweepId, ACTIVE_STATES);
    if (!sweep || !(await removePlanning(transaction, chunk))) return null;
    await pruneTrials(transaction, sweep.id, pruned);
    const columns = { pruned: sweep.pruned + pruned.length, promoted: isPromoted ? 1 : 0, error };
    return toSweep(await moveSweep(transaction, sweep, to, columns));
  });
}
