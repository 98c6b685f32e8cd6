/** Queries on trials: results that are stored, and pages of them by number or by value. */
import { type ExpressionBuilder, type Kysely, type RawBuilder, type SelectQueryBuilder, sql, type Transaction } from "kysely";
import type { Condition } from "../../../domain/filter.ts";
import type { ResultPage, ResultsRequest, TrialPage, TrialPageRequest } from "../../../domain/sweeps/sweep-store.ts";
import type { Trial, TrialState } from "../../../domain/sweeps/trial.ts";
import { memberOfJson } from "../../dialect.ts";
import type { Tables, TrialsTable } from "../../tables.ts";
import { readRows } from "../rows.ts";
import { toTrial } from "./rows.ts";

/** Trials pruned with one statement. */
const PRUNED_PER_UPDATE = 500;
/** Rows inserted with one statement: databases limit its parameters. */
const ROWS_PER_INSERT = 500;

/** Inserts trials, or replaces the rows of those that resumed from an earlier rung. */
export async function upsertTrials(db: Transaction<Tables>, rows: readonly TrialsTable[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await db
      .insertInto("trials")
      .values(rows.slice(start, start + ROWS_PER_INSERT))
      .onConflict((conflict) =>
        conflict.columns(["sweep_id", "number"]).doUpdateSet((values) => ({
          generation: values.ref("excluded.generation"),
          state: values.ref("excluded.state"),
          value: values.ref("excluded.value"),
          projected_value: values.ref("excluded.projected_value"),
          fold_values: values.ref("excluded.fold_values"),
          epochs: values.ref("excluded.epochs"),
          seconds: values.ref("excluded.seconds"),
          sha256: values.ref("excluded.sha256"),
          reason: values.ref("excluded.reason"),
          curve: values.ref("excluded.curve"),
        })),
      )
      .execute();
  }
}

/** Marks trials as pruned. */
export async function pruneTrials(db: Transaction<Tables>, sweepId: string, numbers: readonly number[]): Promise<void> {
  for (let start = 0; start < numbers.length; start += PRUNED_PER_UPDATE) {
    await db
      .updateTable("trials")
      .set({ state: "pruned" satisfies TrialState })
      .where("sweep_id", "=", sweepId)
      .where("number", "in", numbers.slice(start, start + PRUNED_PER_UPDATE))
      .execute();
  }
}

/** See SweepStore.getTrial. */
export async function getTrial(db: Kysely<Tables>, sweepId: string, number: number): Promise<Trial | null> {
  const query = db.selectFrom("trials").selectAll().where("sweep_id", "=", sweepId).where("number", "=", number);
  const row = await query.executeTakeFirst();
  return row ? toTrial(row) : null;
}

const encoder = new TextEncoder();

/** See SweepStore.readResults. Parameters are passed on as their stored text. */
export async function readResults(
  db: Kysely<Tables>,
  sweepId: string,
  { after, limit, every = 1 }: ResultsRequest,
): Promise<ResultPage> {
  let query = db
    .selectFrom("trials")
    .select(["number", "generation", "parameters", "state", "value", "projected_value"])
    .where("sweep_id", "=", sweepId)
    .where("number", ">", after);
  if (every > 1) query = query.where(sql<boolean>`number % ${sql.lit(every)} = 0`);
  const rows = await query.orderBy("number").limit(limit).execute();
  const texts = rows.map(
    ({ number, generation, state, value, projected_value, parameters }) =>
      `{"number":${number},"generation":${generation},"state":"${state}","value":${value},"projected_value":${projected_value},"parameters":${parameters}}`,
  );
  return { count: rows.length, last: rows.at(-1)?.number ?? null, json: encoder.encode(`[${texts.join(",")}]`) };
}

type TrialQuery = SelectQueryBuilder<Tables, "trials", TrialsTable>;

/** See SweepStore.listTrials. */
export async function listTrials(db: Kysely<Tables>, sweepId: string, page: TrialPageRequest): Promise<TrialPage> {
  const { orderBy, state, minValue, maxValue, conditions = [], after, limit } = page;
  let query: TrialQuery = db.selectFrom("trials").selectAll().where("sweep_id", "=", sweepId);
  if (state !== undefined) query = query.where("state", "=", state);
  if (minValue !== undefined) query = query.where("value", ">=", minValue);
  if (maxValue !== undefined) query = query.where("value", "<=", maxValue);
  for (const condition of conditions) query = query.where(holds(db, condition));
  const descends = orderBy.startsWith("-");
  const rows =
    orderBy === "value" || orderBy === "-value"
      ? await byValue(db, query, { sweepId, descends, after, limit: limit + 1 })
      : await byNumber(query, descends, after)
          .limit(limit + 1)
          .execute();
  const data = await readRows(rows.slice(0, limit), async (row) => toTrial(row));
  return { data, hasMore: rows.length > limit, nextAfter: data.at(-1)?.number ?? null };
}

/** A condition in SQL. Null fails every comparison except those with null. */
function holds(db: Kysely<Tables>, { field, key, operator, value }: Condition): RawBuilder<boolean> {
  if (key !== null) return memberOfJson(db, "trials.parameters", key, operator, value);
  if (value === null) return sql`${sql.ref(field)} ${sql.raw(operator === "=" ? "is null" : "is not null")}`;
  // PostgreSQL would give the number the column's type, which may be an integer.
  const literal = typeof value === "number" ? sql`cast(${value} as double precision)` : sql`${value}`;
  return sql`${sql.ref(field)} ${sql.raw(operator)} ${literal}`;
}

function byNumber(query: TrialQuery, descends: boolean, after: number | undefined): TrialQuery {
  const ordered = query.orderBy("number", descends ? "desc" : "asc");
  return after === undefined ? ordered : ordered.where("number", descends ? "<" : ">", after);
}

interface ValueOrder {
  readonly sweepId: string;
  readonly descends: boolean;
  readonly after: number | undefined;
  readonly limit: number;
}

/** Trials with a value first, by the index on it, and then those without. */
async function byValue(
  db: Kysely<Tables>,
  query: TrialQuery,
  { sweepId, descends, after, limit }: ValueOrder,
): Promise<TrialsTable[]> {
  const last = after === undefined ? null : await getTrial(db, sweepId, after);
  let valued: TrialsTable[] = [];
  if (last === null || last.value !== null) {
    // A bound also excludes rows without a value, and SQLite would prefer two bounds on it to the state.
    const rest =
      last === null ? query.where("value", "is not", null) : query.where(follows(last.value as number, last.number, descends));
    const ordered = rest.orderBy("value", descends ? "desc" : "asc").orderBy("number");
    valued = await ordered.limit(limit).execute();
  }
  if (valued.length >= limit) return valued;
  const without = byNumber(query.where("value", "is", null), false, last?.value === null ? last.number : undefined);
  return [...valued, ...(await without.limit(limit - valued.length).execute())];
}

function follows(value: number, number: number, descends: boolean) {
  return (values: ExpressionBuilder<Tables, "trials">) =>
    values.and([
      // Alone, an index can seek it.
      values("value", descends ? "<=" : ">=", value),
      values.or([values("value", descends ? "<" : ">", value), values("number", ">", number)]),
    ]);
}
