/**
 * `npm run bench:find [-- jobs] [sqlite|postgres]`: how long lists of jobs take that are filtered and ordered, among 100,000 jobs whose rows are
 * written directly. Prints the time of the store's answer by kind of question (median, 99th percentile, greatest) and, for SQLite, the
 * processor time of the whole process; and the bytes that a job's values take.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { parseFilter } from "../../src/domain/filter.ts";
import { createId } from "../../src/domain/id.ts";
import { JOB_FIELDS, parseOrder } from "../../src/domain/jobs/job-order.ts";
import { metricValues, specValues, tagValues } from "../../src/domain/jobs/job-values.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { openStore } from "../../src/storage/open.ts";
import { openPostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { fieldKey, storedText } from "../../src/storage/queries/jobs/values.ts";
import { newJobRow } from "../../src/storage/queries/rows.ts";
import { startPostgres } from "../contract/databases/postgres-server.ts";
import { aNewJob, aSpec } from "../contract/fixtures.ts";

const JOBS = Number(process.argv[2] ?? 100_000);
const only = process.argv[3];
/** Questions of each kind. */
const ROUNDS = 40;
const JOBS_PER_INSERT = 500;

/** Uniform numbers that are the same in every run (Lehmer's generator). */
let state = 42;
const random = () => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};
const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

type Row = Readonly<Record<string, unknown>>;

/** A job that has ended, and the rows that it is found by. */
function aJob(): { readonly job: Row; readonly values: readonly Row[] } {
  const base = aSpec(`run ${Math.floor(random() * 1000)}`);
  const spec = { ...base, seed: Math.floor(random() * 1e6), optimizer: { ...base.optimizer, lr: 10 ** (-4 * random()) } };
  const tags = { team: oneOf(["a", "b", "c", "d", "e"]), user: `u${Math.floor(random() * 200)}` };
  const val_loss = random();
  // Good jobs are good by both.
  const best = {
    loss: val_loss * random(),
    val_loss,
    accuracy: random(),
    val_accuracy: 1 - val_loss * (0.5 + random() / 2),
    lr: 0.1,
  };
  const id = createId("job");
  const queued = { state: "queued", at: 1, reason: "submitted" } as const;
  const row = newJobRow({ ...aNewJob(), id, spec: spec as typeof base, labels: { tags, note: null } }, "default", queued, 1);
  const metrics = { final: best, best: { ...best, epoch: 1 } };
  const job = { ...row, state: random() < 0.95 ? "succeeded" : "failed", metrics: JSON.stringify(metrics), finished_at: 2 };
  const values = [...specValues(spec as typeof base), ...tagValues(tags), ...metricValues(metrics)].map(
    ({ field, key, value }) => ({
      job_id: id,
      field: fieldKey("default", field, key),
      number: typeof value === "number" ? value : null,
      text: typeof value === "number" ? null : storedText(value),
    }),
  );
  return { job, values };
}

const KINDS: readonly (readonly [name: string, filter: () => string, order: () => string])[] = [
  ["the newest", () => "", () => "-created_at"],
  [
    "metric, tag and option, by a metric",
    () =>
      `metrics.val_loss < ${0.05 + random() * 0.5} and tags.team = "${oneOf(["a", "b"])}" and params."/optimizer/lr" > ${random() / 50}`,
    () => "-metrics.val_accuracy",
  ],
  ["one metric, newest first", () => `metrics.val_loss < ${random()}`, () => "-created_at"],
  ["all, by a metric", () => "", () => oneOf(["metrics.val_loss", "-metrics.val_accuracy", "-metrics.accuracy"])],
  ["a rare tag, by a metric", () => `tags.user = "u${Math.floor(random() * 200)}"`, () => "metrics.val_loss"],
  ["a rare tag among failed", () => `tags.user = "u${Math.floor(random() * 200)}" and state = "failed"`, () => "-created_at"],
  ["nothing", () => 'tags.team = "z" and metrics.val_loss < 0.9', () => "-metrics.accuracy"],
  ["two metrics that exclude each other", () => "metrics.val_loss < 0.3 and metrics.val_accuracy < 0.5", () => "metrics.loss"],
  ["the good ones, worst first", () => `metrics.val_loss < ${0.2 + random() / 5}`, () => "metrics.val_accuracy"],
  ["an option, by an option", () => `params."/optimizer/lr" < ${random() / 10}`, () => '-params."/optimizer/lr"'],
];

async function measure(name: string, store: Store): Promise<void> {
  const { jobs } = store.ofProject("default");
  const times: number[] = [];
  for (const [kind, filter, order] of KINDS) {
    const own: number[] = [];
    let cpu = 0;
    for (let round = 0; round < ROUNDS + 3; round++) {
      const text = filter();
      const conditions = text === "" ? [] : parseFilter(text, JOB_FIELDS);
      const asked = { conditions, order: parseOrder(order()) };
      const before = process.cpuUsage();
      const start = performance.now();
      await jobs.list(asked, { limit: 50 });
      const ms = performance.now() - start;
      const used = process.cpuUsage(before);
      // The first ones fill the caches.
      if (round < 3) continue;
      own.push(ms);
      cpu += (used.user + used.system) / 1000 / ROUNDS;
    }
    times.push(...own);
    console.log(`${name}  ${kind.padEnd(38)} ${figures(own)}  processor ${cpu.toFixed(1)} ms`);
  }
  console.log(`${name}  ${"all".padEnd(38)} ${figures(times)}  load ${loadavg()[0]?.toFixed(1)}`);
}

function figures(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number).toFixed(1);
  return `median ${at(0.5).padStart(6)}  p99 ${at(0.99).padStart(6)}  most ${at(1).padStart(6)} ms`;
}

async function onSqlite(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "trainyard-find-"));
  await (await openStore({ dataDir })).close();
  const file = new DatabaseSync(join(dataDir, "trainyard.db"));
  const size = () =>
    (file.prepare("select sum(pgsize) as bytes from dbstat where name like '%job_values%'").get() as { bytes: number }).bytes;
  for (let done = 0; done < JOBS; done += JOBS_PER_INSERT) {
    file.exec("begin");
    for (let index = 0; index < Math.min(JOBS_PER_INSERT, JOBS - done); index++) {
      const { job, values } = aJob();
      for (const [table, rows] of [
        ["jobs", [job]],
        ["job_values", values],
      ] as const) {
        for (const row of rows) {
          const names = Object.keys(row);
          const sql = `insert into ${table} (${names.join()}) values (${names.map(() => "?").join()})`;
          prepared(file, sql).run(...(Object.values(row) as (string | number | null)[]));
        }
      }
    }
    file.exec("commit");
  }
  try {
    console.log(`SQLite: ${JOBS} jobs; values take ${Math.round(size() / JOBS)} bytes a job`);
  } catch {
    console.log(`SQLite: ${JOBS} jobs`);
  }
  file.close();
  const store = await openStore({ dataDir });
  await measure("SQLite", store);
  await store.close();
  await rm(dataDir, { recursive: true });
}

const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
function prepared(file: DatabaseSync, sql: string) {
  const known = statements.get(sql) ?? file.prepare(sql);
  statements.set(sql, known);
  return known;
}

async function onPostgres(): Promise<void> {
  const server = await startPostgres();
  try {
    const url = await server.createDatabase("find");
    const { store } = await openPostgresStore({
      ...{
        url,
        size: 4,
        statementTimeoutMs: 60_000,
        connectTimeoutMs: 10_000,
        probeMs: 1000,
        retryMs: 2000,
        runRetryMs: 20_000,
      },
    });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (let done = 0; done < JOBS; done += JOBS_PER_INSERT) {
      const made = Array.from({ length: Math.min(JOBS_PER_INSERT, JOBS - done) }, aJob);
      const insert = (table: string, rows: readonly Row[]) =>
        client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)]);
      await insert(
        "jobs",
        made.map(({ job }) => job),
      );
      await insert(
        "job_values",
        made.flatMap(({ values }) => values),
      );
    }
    // As autovacuum does after so many rows.
    await client.query("vacuum analyze");
    const { rows } = await client.query("select pg_total_relation_size('job_values') as bytes");
    console.log(`PostgreSQL: ${JOBS} jobs; values take ${Math.round(Number(rows[0].bytes) / JOBS)} bytes a job`);
    await client.end();
    await measure("PostgreSQL", store);
    await store.close();
  } finally {
    await server.remove();
  }
}

if (only !== "postgres") await onSqlite();
if (only !== "sqlite") await onPostgres();
