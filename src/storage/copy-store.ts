/**
 * Copies a whole database to one of another kind. Reads the rows of each table in the order of its key, and compares their
 * number and hash on both sides.
 */
import { createHash } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { TrainyardError } from "../domain/errors.ts";
import { writeDueValues } from "./queries/jobs/due-values.ts";
import type { Tables } from "./tables.ts";

/**
 * The tables that are copied, each with its key. A table comes after those that it references.
 *
 * @internal Exported for the test that no table is forgotten.
 */
export const COPIED: readonly (readonly [table: keyof Tables, key: readonly string[]])[] = [
  ["jobs", ["id"]],
  ["job_values", ["field", "job_id"]],
  ["job_values_due", ["job_id"]],
  ["events", ["job_id", "seq"]],
  ["metric_chunks", ["job_id", "first_epoch"]],
  ["notable_epochs", ["job_id", "first_epoch"]],
  ["checkpoints", ["id"]],
  ["sweeps", ["id"]],
  ["trials", ["sweep_id", "number"]],
  ["sweep_chunks", ["sweep_id", "number"]],
  ["sweep_events", ["sweep_id", "seq"]],
  ["models", ["id"]],
  ["evaluations", ["model_id"]],
  ["monitors", ["model_id"]],
  ["monitor_windows", ["model_id", "number"]],
  ["monitored_answers", ["model_id", "prediction_id", "row"]],
  ["asked_rows", ["model_id", "number"]],
  ["imports", ["id"]],
  ["model_names", ["project", "name"]],
  ["aliases", ["project", "name", "alias"]],
  ["blob_chunks", ["blob_id", "position"]],
  ["datasets", ["id"]],
  ["dataset_chunks", ["dataset_id", "column_index", "position"]],
  ["forgets", ["id"]],
  ["schedules", ["id"]],
  ["schedule_runs", ["id"]],
  ["webhook_deliveries", ["id"]],
  ["idempotency_keys", ["project", "route", "key"]],
  ["secrets", ["name"]],
  ["api_keys", ["id"]],
  ["sessions", ["hash"]],
  ["audit_log", ["id"]],
  ["project_turns", ["project"]],
  ["tracking_experiments", ["project", "id"]],
  ["tracking_runs", ["id"]],
  ["tracking_models", ["id"]],
  ["tracking_values", ["owner_id", "kind", "key"]],
  ["tracking_points", ["run_id", "key", "step", "timestamp", "value", "is_nan"]],
];

/**
 * The tables that have no meaning in another database: running processes, and counters of short windows.
 *
 * @internal Exported for the test that no table is forgotten.
 */
export const NOT_COPIED: readonly (keyof Tables)[] = ["workers", "counters"];

export interface TableReport {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 of the rows in the order of their key. */
  readonly sha256: string;
}

/** Rows read at a time, for tables with chunks of 256 kB and for others. */
const ROWS_PER_PAGE = { chunks: 16, others: 200 };

/**
 * Copies every table into an empty database of the same schema, then reads it back. Calls `onTable` after each table. Throws
 * conflict when the target is not empty, and "unavailable" when the copy differs from the original.
 */
export async function copyStore(
  from: Kysely<Tables>,
  to: Kysely<Tables>,
  onTable: (report: TableReport) => void,
): Promise<readonly TableReport[]> {
  await assertEmpty(to);
  const reports: TableReport[] = [];
  for (const [table, key] of COPIED) {
    const copied = await walk(from, table, key, (rows) => insert(to, table, rows));
    const found = await walk(to, table, key, () => Promise.resolve());
    if (copied.rows !== found.rows || copied.sha256 !== found.sha256) {
      throw new TrainyardError(
        "unavailable",
        `the copy of ${table} differs from the original: ${found.rows} of ${copied.rows} rows, hash ${found.sha256} instead of ${copied.sha256}`,
      );
    }
    reports.push(copied);
    onTable(copied);
  }
  // Nobody else would do it where several processes write.
  while (await writeDueValues(to));
  return reports;
}

async function assertEmpty(db: Kysely<Tables>): Promise<void> {
  for (const [table] of COPIED) {
    const row = await db.selectFrom(table).select(sql<number>`1`.as("one")).limit(1).executeTakeFirst();
    if (row) throw new TrainyardError("conflict", `${table} already has rows: copy into an empty database`);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Reads a table in the order of its key, page by page. */
async function walk(
  db: Kysely<Tables>,
  table: keyof Tables,
  key: readonly string[],
  onRows: (rows: readonly Row[]) => Promise<void>,
): Promise<TableReport> {
  const hash = createHash("sha256");
  const columns = sql.join(key.map((name) => sql.ref(name)));
  const limit = table.endsWith("chunks") ? ROWS_PER_PAGE.chunks : ROWS_PER_PAGE.others;
  let rows = 0;
  let last: Row | undefined;
  do {
    const after: RawBuilder<unknown> = last ? sql`where (${columns}) > (${valuesOf(last, key)})` : sql``;
    const query = sql<Row>`select * from ${sql.table(table)} ${after} order by ${columns} limit ${sql.lit(limit)}`;
    const page: readonly Row[] = (await query.execute(db)).rows;
    last = page.at(-1);
    for (const row of page) addRow(hash, row);
    if (page.length > 0) await onRows(page);
    rows += page.length;
  } while (last);
  return { table, rows, sha256: hash.digest("hex") };
}

function valuesOf(row: Row, key: readonly string[]): RawBuilder<unknown> {
  return sql.join(key.map((name) => row[name]));
}

/** Hashes a row, independently of the order of its columns and of the database it was read from. */
function addRow(hash: ReturnType<typeof createHash>, row: Row): void {
  for (const name of Object.keys(row).sort()) {
    const value = row[name];
    const isBytes = value instanceof Uint8Array;
    hash.update(`${name}\u0000${isBytes ? value.byteLength : JSON.stringify(value ?? null)}\u0000`);
    if (isBytes) hash.update(value);
  }
}

async function insert(db: Kysely<Tables>, table: keyof Tables, rows: readonly Row[]): Promise<void> {
  // SQLite transfers the memory of its parameters to its thread. The rows are hashed before this.
  await db
    .insertInto(table)
    .values(rows as never)
    .execute();
}
