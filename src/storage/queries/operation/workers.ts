/** Queries on the processes that share the database, and on the jobs that they run. */
import type { Kysely } from "kysely";
import { ATTEMPTED_STATES } from "../../../domain/jobs/job.ts";
import type { Role, Worker, WorkerHeartbeat, WorkerJob } from "../../../domain/operation/worker.ts";
import type { Tables, WorkersTable } from "../../tables.ts";

/** See WorkerStore.recordHeartbeat. */
export async function recordHeartbeat(db: Kysely<Tables>, beat: WorkerHeartbeat): Promise<boolean> {
  const row = {
    id: beat.id,
    name: beat.name,
    role: beat.role,
    version: beat.version,
    slots: beat.slots,
    memory_bytes: beat.memoryBytes,
    draining: 0,
    started_at: beat.startedAt,
    heartbeat_at: beat.heartbeatAt,
  };
  const { draining } = await db
    .insertInto("workers")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ heartbeat_at: beat.heartbeatAt }))
    .returning("draining")
    .executeTakeFirstOrThrow();
  return draining === 1;
}

/** See WorkerStore.list. */
export async function listWorkers(db: Kysely<Tables>, since: number): Promise<Worker[]> {
  const workers = await db.selectFrom("workers").selectAll().where("heartbeat_at", ">=", since).orderBy("id").execute();
  const jobs = await db
    .selectFrom("jobs")
    .select(["id", "project", "attempt", "memory_bytes", "worker_id"])
    .where("state", "in", ATTEMPTED_STATES)
    .orderBy("id")
    .execute();
  return workers.map((row) => {
    const own = jobs.filter(({ worker_id }) => worker_id === row.id);
    return toWorker(
      row,
      own.map(({ id, project, attempt, memory_bytes }) => ({ id, project, attempt, memoryBytes: memory_bytes })),
    );
  });
}

/** See WorkerStore.drain. */
export async function drainWorker(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("workers")
    .set({ draining: 1 })
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** See WorkerStore.removeSilent. */
export async function removeWorkers(db: Kysely<Tables>, silentSince: number): Promise<void> {
  await db.deleteFrom("workers").where("heartbeat_at", "<", silentSince).execute();
}

/** See WorkerStore.deregister. */
export async function deregisterWorker(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom("workers").where("id", "=", id).execute();
}

function toWorker(row: WorkersTable, jobs: readonly WorkerJob[]): Worker {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    version: row.version,
    slots: row.slots,
    memoryBytes: row.memory_bytes,
    startedAt: row.started_at,
    heartbeatAt: row.heartbeat_at,
    isDraining: row.draining === 1,
    jobs,
  };
}
