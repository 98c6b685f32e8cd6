/**
 * Servers that test files use one after the other. A start takes more than a second of processor time, and threads that have just started
 * train their first jobs slowly. So a file that neither ends its server nor needs settings of its own borrows one, and gives it back with
 * nothing in its database. It ends with the process of the tests.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import { ApiError, type Client } from "../../src/client/index.ts";
import { mustEnd } from "../leftovers.ts";
import { createDataDir, databaseOf, type LiveServer, startLiveServer } from "./live-server.ts";

export interface BorrowedServer extends Pick<LiveServer, "url" | "client"> {
  /** Cancels what is under way, and empties the database for the next file. */
  giveBack(): Promise<void>;
}

interface KeptServer extends LiveServer {
  readonly dataDir: Awaited<ReturnType<typeof createDataDir>>;
}

/** Each number is a process for as long as tests run. */
interface Borrowing {
  /** Training threads. */
  readonly workers?: 1 | 2;
}

/** By training threads: those that no file is using. */
const idle = new Map<number, KeptServer[]>();

/** A server with an empty database. */
export async function borrowServer({ workers = 1 }: Borrowing = {}): Promise<BorrowedServer> {
  const kept = takeIdle(workers) ?? (await start(workers));
  const end = async (): Promise<void> => {
    kept.process.kill("SIGKILL");
    await kept.ended;
    await kept.dataDir.remove();
  };
  const isOver = mustEnd(`a server that was borrowed (${kept.url})`, end);
  return {
    url: kept.url,
    client: kept.client,
    async giveBack() {
      try {
        await cancelAll(kept.client);
        await empty(kept.dataDir.path);
        idle.set(workers, [...(idle.get(workers) ?? []), kept]);
      } catch (error) {
        await end();
        throw error;
      } finally {
        isOver();
      }
    },
  };
}

function takeIdle(workers: number): KeptServer | null {
  const kept = idle.get(workers)?.pop();
  return kept && kept.process.exitCode === null && kept.process.signalCode === null ? kept : null;
}

/** Tables and webhooks of tests are served by the test itself. */
const SETTINGS = { TRAINYARD_SOURCE_PRIVATE_HOSTS: "127.0.0.1", TRAINYARD_WEBHOOK_ALLOW_PRIVATE: "true" };

async function start(workers: number): Promise<KeptServer> {
  const dataDir = await createDataDir();
  const server = await startLiveServer(dataDir.path, { ...SETTINGS, TRAINYARD_WORKERS: String(workers) }, { isKept: true });
  return { ...server, dataDir };
}

/** Cancels all jobs and sweeps, and waits until they have ended. */
export async function cancelAll(client: Client): Promise<void> {
  const states = ["queued", "running", "paused"] as const;
  for (const state of states) {
    for (const { id } of (await client.sweeps({ state, limit: 100 })).data) {
      await client.cancelSweep(id).catch(unlessEnded);
      await client.waitForSweep(id);
    }
  }
  for (const state of [...states, "pausing", "cancelling"] as const) {
    for (const { id } of (await client.jobs({ state, limit: 100 })).data) {
      await client.cancel(id).catch(unlessEnded);
      await client.wait(id);
    }
  }
}

/** It may have ended since it was listed. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof ApiError && error.problem.status === 409)) throw error;
}

/** The server knows by heart which process it is, and how it signs webhooks. */
const KEPT_TABLES = ["workers", "secrets"];

/** Deletes all other rows, in any order. */
async function empty(dataDir: string): Promise<void> {
  const { TRAINYARD_DATABASE_URL: url } = await databaseOf(dataDir);
  if (url) await emptyPostgres(url);
  else emptySqlite(join(dataDir, "trainyard.db"));
}

function emptySqlite(path: string): void {
  const database = new Database(path, { timeout: 20_000 });
  try {
    database.pragma("foreign_keys = OFF");
    const tables = database
      .prepare<[], string>(
        "select name from sqlite_master where type = 'table' and name not like 'kysely%' and name not like 'sqlite%'",
      )
      .pluck()
      .all();
    database
      .transaction(() => {
        for (const name of tables) if (!KEPT_TABLES.includes(name)) database.exec(`delete from "${name}"`);
      })
      .immediate();
  } finally {
    database.close();
  }
}

async function emptyPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`do $$ declare name text; begin
      perform set_config('session_replication_role', 'replica', true);
      for name in select tablename from pg_tables
        where schemaname = current_schema() and tablename not like 'kysely%' and tablename not in ('${KEPT_TABLES.join("','")}')
      loop execute format('delete from %I', name); end loop;
    end $$`);
  } finally {
    await client.end();
  }
}
