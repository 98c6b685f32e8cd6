/**
 * Databases of earlier builds, each killed while a job ran and another waited (test/fixtures/databases/make.ts), opened by the server of
 * today: what was finished is there, and what was not ends with the weights that the earlier build itself came to.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Job } from "../../../src/client/answers.ts";
import { createClient } from "../../../src/client/client.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { type Server, startServer } from "../../../src/server/server.ts";
import { freshDatabase } from "../../contract/databases/fresh-database.ts";
import { readHistory, statementsOf } from "../../fixtures/migrations/history.ts";
import { createDataDir } from "../live-server.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/databases");
const files = await readdir(FIXTURES);
const names = files.flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : [])).sort();

interface Expected {
  readonly jobs: readonly { readonly id: string; readonly sha256: string }[];
  readonly model: string;
  /** How many; the first build knew none. */
  readonly datasets: number;
  /** Where the job that ran goes on: a build without checkpoints had none to go on from. */
  readonly resumesFrom: "start" | "checkpoint";
  /** What jobs come to that the build had not finished, where it computed other bits than builds since: they begin anew. */
  readonly unfinished?: readonly string[];
}

const contentsOf = async (file: string) => gunzipSync(await readFile(join(FIXTURES, file)));

/** Puts the database of a fixture where a server finds it, and returns the settings that it needs for that. */
async function restore(name: string, dataDir: string): Promise<Record<string, string>> {
  if (files.includes(`${name}.postgres.gz`)) return { TRAINYARD_DATABASE_URL: await restorePostgres(name) };
  await writeFile(join(dataDir, "trainyard.db"), await contentsOf(`${name}.db.gz`));
  return {};
}

async function restorePostgres(name: string): Promise<string> {
  const history = await readHistory();
  const tables = JSON.parse((await contentsOf(`${name}.postgres.gz`)).toString(), (_, value) =>
    typeof value?.base64 === "string" ? Buffer.from(value.base64, "base64") : value,
  ) as Record<string, Record<string, unknown>[]>;
  const applied = JSON.stringify(tables.kysely_migration?.map((row) => row.name).sort());
  // Of the builds with these migrations, the first: later ones had edited them.
  const build = history.builds.find((one) => JSON.stringify(one.map(([migration]) => migration)) === applied) ?? [];
  const connectionString = await freshDatabase();
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (const statement of statementsOf(history, build, "postgres", { recorded: false })) await client.query(statement);
  // Rows come in the order of their tables' names, which is not that of their references.
  await client.query("set session_replication_role = replica");
  for (const [table, rows] of Object.entries(tables))
    for (const row of rows) {
      const columns = Object.keys(row);
      const [names, places] = [columns.map((column) => `"${column}"`), columns.map((_, index) => `$${index + 1}`)];
      await client.query(`insert into "${table}" (${names}) values (${places})`, Object.values(row));
    }
  await client.end();
  return connectionString;
}

/** In this process, which all of them share: what differs is the database. */
const start = (dataDir: string, settings: Record<string, string>): Promise<Server> =>
  startServer(
    parseConfig({ TRAINYARD_PORT: "0", TRAINYARD_WORKERS: "1", TRAINYARD_DATA_DIR: dataDir, ...settings }),
    pino({ level: "warn" }, { write: (line: string) => void process.stderr.write(line) }),
  );

describe.each(names)("a database of migration %s", (name) => {
  it("goes on with today's server, to the same weights", async () => {
    const expected = JSON.parse(await readFile(join(FIXTURES, `${name}.json`), "utf8")) as Expected;
    const dataDir = await createDataDir();
    onTestFinished(() => dataDir.remove());
    const server = await start(dataDir.path, await restore(name, dataDir.path));
    onTestFinished(() => server.stop());
    const client = createClient(server.url);
    const ended: Job[] = [];
    for (const { id } of expected.jobs) {
      let job = await client.job(id);
      while (["queued", "running"].includes(job.state)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        job = await client.job(id);
      }
      ended.push(job);
    }
    expect(ended.map(({ id, error, model }) => ({ id, error, sha256: model?.sha256 }))).toEqual(
      expected.jobs.map((job, index) => ({ ...job, sha256: expected.unfinished?.[index - 1] ?? job.sha256, error: null })),
    );
    const ask = async (path: string, init?: RequestInit) => (await fetch(`${server.url}/v1/${path}`, init)).json();
    const tables = expected.datasets === 0 ? [] : [{ name: "table", rows: 3 }];
    expect((await ask("datasets")).data).toMatchObject(tables);
    const body = JSON.stringify({ instances: [[0, 1]] });
    const headers = { "content-type": "application/json" };
    expect(await ask(`models/${expected.model}/predict`, { method: "POST", body, headers })).toMatchObject({
      predictions: [{ probability: expect.any(Number) }],
    });
    // The history of the job says which it was.
    const point = expected.resumesFrom === "start" ? "the start" : "epoch \\d+";
    const reasons = ended[1]?.transitions.map(({ reason }) => reason);
    expect(reasons).toContainEqual(
      expect.stringMatching(new RegExp(`^(the server ended while the job ran|its worker was lost); it resumes from ${point}`)),
    );
  });
});
