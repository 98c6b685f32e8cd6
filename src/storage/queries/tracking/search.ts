/**
 * Searches runs: those that clients have logged, and the jobs, sweeps and trials of the project, with one statement. Each kind gives its
 * attributes, metrics, parameters and tags as SQL (sources.ts).
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { RunCondition, RunOrder } from "../../../domain/tracking/run-search.ts";
import { type FoundRun, PROJECT_EXPERIMENT } from "../../../domain/tracking/tracking.ts";
import type { RunSearch } from "../../../domain/tracking/tracking-store.ts";
import { isLike } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import { NUMERIC_ATTRIBUTES, ownSources, type RunSource, trackedRuns } from "./sources.ts";

/** See TrackingStore.searchRuns. */
export async function searchRuns(db: Kysely<Tables>, project: string, search: RunSearch): Promise<readonly FoundRun[]> {
  const { experimentIds, lifecycle, conditions, order, offset, limit } = search;
  if (experimentIds.length === 0) return [];
  const sources = [
    trackedRuns(project, experimentIds, lifecycle),
    // Records here are deleted permanently, or not at all.
    ...(experimentIds.includes(PROJECT_EXPERIMENT) && lifecycle !== "deleted" ? ownSources(db, project) : []),
  ];
  const ranked = sql.join([
    ...order.flatMap(({ descends }, index) => {
      const direction = sql.raw(descends ? "desc" : "asc");
      const [rank, number, text] = ["r", "n", "s"].map((letter) => sql.ref(`${letter}${index}`));
      return [sql`${rank} asc`, sql`${number} ${direction}`, sql`${text} ${direction}`];
    }),
    ...[sql`start_time desc`, sql`id asc`, sql`number asc`],
  ]);
  // Each source returns at most as many as the page may hold, by an index if there is one for the order.
  const first = sql.lit(offset + limit);
  const selects = sources.map((source) => {
    const keys = order.flatMap((field, index) => keysOf(source, field, index));
    const columns = sql.join([
      sql`${sql.lit(source.kind)} as kind`,
      ...[sql`${source.id} as id`, sql`${source.number} as number`, sql`${source.attributes.start_time} as start_time`],
      ...keys,
    ]);
    const holds = sql.join([source.where, ...conditions.map((condition) => conditionOf(db, source, condition))], sql` and `);
    return sql`select * from (select ${columns} from ${source.from} where ${holds} order by ${ranked} limit ${first}) as ${sql.ref(`of_${source.kind}`)}`;
  });
  const union = sql.join(selects, sql` union all `);
  // A sweep and its first trial may differ only in their kind.
  const query = sql<FoundRun>`select kind, id, number from (${union}) as found order by ${ranked}, kind asc limit ${sql.lit(limit)} offset ${sql.lit(offset)}`;
  return (await query.execute(db)).rows.map(({ kind, id, number }) => ({ kind, id, number: Number(number) }));
}

/** The order of a source: first whether it has a value, then the value as a number, then as text. */
function keysOf(source: RunSource, { entity, key }: RunOrder, index: number): RawBuilder<unknown>[] {
  const none = { number: sql`null`, text: sql`null` };
  const { number, text } =
    entity === "attribute"
      ? NUMERIC_ATTRIBUTES.has(key)
        ? { ...none, number: source.attributes[key] ?? none.number }
        : { ...none, text: source.attributes[key] ?? none.text }
      : entity === "metric"
        ? { ...none, number: source.metric(key) }
        : entity === "param"
          ? { number: source.paramNumber(key), text: source.paramText(key) }
          : { ...none, text: source.tag(key) };
  return [
    sql`case when ${number} is not null then 0 when ${text} is not null then 1 else 2 end as ${sql.ref(`r${index}`)}`,
    sql`cast(${number} as double precision) as ${sql.ref(`n${index}`)}`,
    sql`cast(${text} as text) as ${sql.ref(`s${index}`)}`,
  ];
}

function conditionOf(
  db: Kysely<Tables>,
  source: RunSource,
  { entity, key, comparator, value }: RunCondition,
): RawBuilder<unknown> {
  const compared = (of: RawBuilder<unknown>): RawBuilder<unknown> => {
    if (comparator === "IS NULL") return sql`${of} is null`;
    if (comparator === "IS NOT NULL") return sql`${of} is not null`;
    if (comparator === "LIKE" || comparator === "ILIKE") return isLike(db, of, String(value), comparator === "ILIKE");
    // PostgreSQL infers the type of a value from what it is compared with, which may be a constant.
    const literal = (one: unknown) => sql`cast(${one} as ${sql.raw(typeof one === "number" ? "double precision" : "text")})`;
    if (Array.isArray(value)) return sql`${of} ${sql.raw(comparator.toLowerCase())} (${sql.join(value.map(literal))})`;
    return sql`${of} ${sql.raw(comparator)} ${literal(value)}`;
  };
  if (entity === "metric") return compared(source.metric(key));
  if (entity === "tag") return compared(source.tag(key));
  if (entity === "attribute") return compared(source.attributes[key] ?? sql`null`);
  if (comparator === "=" || comparator === "!=") return source.paramIs(key, comparator, String(value));
  return compared(source.paramText(key));
}
