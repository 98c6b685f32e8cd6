/**
 * One PostgreSQL for a whole test run, and one SQLite database to copy, each created when the first test asks for it. Tests run in processes of
 * their own, so they ask over HTTP, and get the URL of a new database or the path of the SQLite one.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";
import { openPgBossQueue } from "../../../src/queue/pgboss.ts";
import { openStore } from "../../../src/storage/open.ts";
import { openPostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { DATABASE_FILE } from "../../../src/storage/sqlite/sqlite-store.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The URL at which tests ask for a database. */
    postgres: string;
  }
}

/** The data of a test need not survive a crash of the machine. */
const SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<PostgresServer> | null = null;
  let template: Promise<string> | null = null;
  let count = 0;
  let file: Promise<string> | null = null;
  const databaseOf = async (kind: string): Promise<string> => {
    if (kind === "file") {
      file ??= createFile();
      return await file;
    }
    starting ??= startPostgres({ settings: SETTINGS });
    const server = await starting;
    if (kind === "empty") return await server.createDatabase(`test_${process.pid}_${count++}`);
    template ??= createTemplate(server);
    return await server.createDatabase(`test_${process.pid}_${count++}`, await template);
  };
  const control = createServer((request, response) => {
    // Between two test files, a kept connection may be closed just as the next request uses it.
    response.setHeader("connection", "close");
    databaseOf(request.url?.slice(1) ?? "").then(
      (url) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(control, "listening");
  project.provide("postgres", `http://127.0.0.1:${(control.address() as AddressInfo).port}`);
  return async () => {
    control.closeAllConnections();
    control.close();
    await (await starting)?.remove();
    if (file) await rm(dirname(await file), { recursive: true });
  };
}

/** A SQLite database with the tables of the store, in a folder of its own. */
async function createFile(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "trainyard-migrated-"));
  await (await openStore({ dataDir })).close();
  return join(dataDir, DATABASE_FILE);
}

/** A database with the tables of the store and of the queue, to copy. Nothing stays connected to it, or PostgreSQL would refuse to copy it. */
async function createTemplate(server: PostgresServer): Promise<string> {
  const name = "template_migrated";
  const url = await server.createDatabase(name);
  const pool = { size: 2, statementTimeoutMs: 20_000, connectTimeoutMs: 10_000, probeMs: 1000 };
  const { store, runSql } = await openPostgresStore({ url, ...pool, retryMs: 0, runRetryMs: 0 });
  const queue = await openPgBossQueue({
    url,
    statementTimeoutMs: pool.statementTimeoutMs,
    store,
    runSql,
    signals: { broadcast: () => undefined, onTopic: () => () => undefined },
    workerId: name,
    leaseSeconds: 10,
    maxLeaseSeconds: 3600,
    onAbandoned: () => Promise.resolve(),
    onError: () => undefined,
  });
  await queue.close();
  await store.close();
  return name;
}
