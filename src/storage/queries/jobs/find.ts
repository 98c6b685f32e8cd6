/**
 * Finds jobs by `job_values`, in any order, if possible without reading all of them: by the condition that the fewest jobs meet, or along
 * the order until a page is full. See DECISIONS 122.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { invalid } from "../../../domain/errors.ts";
import type { Condition } from "../../../domain/filter.ts";
import type { JobState } from "../../../domain/jobs/job.ts";
import type { JobCursor, JobOrder } from "../../../domain/jobs/job-order.ts";
import type { Tables } from "../../tables.ts";
import { fieldKey, storedText } from "./values.ts";

/** Jobs that one statement can read within the time of a page. */
const FEW = 5000;
/** Maximum jobs read: beyond it a list is refused. */
const MOST = 250_000;

/** A search of the jobs of a project. */
export interface JobSearch {
  readonly project: string;
  readonly state?: JobState | undefined;
  readonly name?: string | undefined;
  readonly conditions: readonly Condition[];
  readonly order: JobOrder;
  /** Where the page before ended. */
  readonly after: JobCursor | null;
  readonly limit: number;
}

/** A condition in SQL: whether the job `c.id` meets it, and, if there is an index for it, the ids of those that do. */
interface Test {
  readonly holds: RawBuilder<boolean>;
  readonly ids: RawBuilder<unknown> | null;
  /** The field that it compares, and its comparison with a row `v` of it; null if it is not in job_values, or compares no number. */
  readonly range: { readonly field: number; readonly compares: RawBuilder<unknown> } | null;
}

/** Returns the ids of a page of jobs, each with the value it is ordered by. Throws invalid if too many jobs would have to be read. */
export async function findJobs(db: Kysely<Tables>, search: JobSearch): Promise<JobCursor[]> {
  const tests = testsOf(search);
  if (tests.length === 0) return inOrder(db, search, tests, MOST);
  const best = await mostSelective(db, tests, FEW);
  if (best && best.count <= FEW) return among(db, search, tests, best.test);
  const found = await inOrder(db, search, tests, FEW);
  if (found.length >= search.limit) return found;
  // Matches are rare, or at the other end of the order.
  const rarest = await mostSelective(db, tests, MOST);
  if (!rarest) return inOrder(db, search, tests, MOST);
  if (rarest.count > MOST) throw tooMany();
  return among(db, search, tests, rarest.test);
}

function tooMany() {
  const detail = `more than ${MOST} jobs meet each of the conditions: add a condition that fewer jobs meet`;
  return invalid([{ pointer: "/filter", detail }]);
}

function testsOf({ project, state, name, conditions }: JobSearch): Test[] {
  const column = (field: string, value: string): Test => columnTest(project, { field, operator: "=", value });
  return [
    ...(state === undefined ? [] : [column("state", state)]),
    ...(name === undefined ? [] : [column("name", name)]),
    ...conditions.map((condition) =>
      condition.key === null ? columnTest(project, condition) : valueTest(project, condition, condition.key),
    ),
  ];
}

function columnTest(project: string, { field, operator, value }: Pick<Condition, "field" | "operator" | "value">): Test {
  const compares = sql`j.project = ${project} and ${sql.ref(`j.${field}`)} ${sql.raw(operator)} ${value}`;
  return {
    holds: sql`exists (select 1 from jobs as j where j.id = c.id and ${compares})`,
    ids: operator === "=" ? sql`select j.id as id from jobs as j where ${compares}` : null,
    range: null,
  };
}

/**
 * A value of a job as a scalar subquery, which databases can only look up by the key. For `exists` with a range, SQLite would walk the
 * range for each job.
 */
function valueTest(project: string, { field, operator, value }: Condition, key: string): Test {
  const rows = sql`v.field = ${fieldKey(project, field, key)}`;
  const own = (what: RawBuilder<unknown>) => sql`(select ${what} from job_values as v where v.job_id = c.id and ${rows})`;
  if (value === null)
    return { holds: sql`${own(sql`1`)} is ${operator === "=" ? sql`null` : sql`not null`}`, ids: null, range: null };
  const column = sql.ref(typeof value === "number" ? "v.number" : "v.text");
  const literal = typeof value === "number" ? sql`cast(${value} as double precision)` : sql`${storedText(value)}`;
  // A value of another type differs too.
  if (operator === "!=")
    return { holds: sql`${own(sql`case when ${column} = ${literal} then 0 else 1 end`)} = 1`, ids: null, range: null };
  // Only texts have an order: each is stored with an 's' before it.
  const texts = { "<": sql` and v.text >= ${"s"}`, ">": sql` and v.text < ${"t"}` }[operator.charAt(0)];
  const bound = typeof value === "number" || texts === undefined ? sql`` : texts;
  const compares = sql`${column} ${sql.raw(operator)} ${literal}${bound}`;
  return {
    holds: sql`${own(sql`case when ${compares} then 1 else 0 end`)} = 1`,
    ids: sql`select v.job_id as id from job_values as v where ${rows} and ${compares}`,
    range: typeof value === "number" ? { field: fieldKey(project, field, key), compares } : null,
  };
}

interface Counted {
  readonly test: Test;
  readonly count: number;
}

/** The test that the fewest jobs meet, counted up to `most`. Null if no index has the jobs of any test. */
async function mostSelective(db: Kysely<Tables>, tests: readonly Test[], most: number): Promise<Counted | null> {
  let best: Counted | null = null;
  for (const test of tests) {
    if (test.ids === null) continue;
    // Counting beyond the best so far is useless.
    const limit: number = best ? best.count + 1 : most + 1;
    const query = sql<{ count: number }>`select count(*) as count from (${test.ids} limit ${sql.lit(limit)}) as found`;
    const count = Number((await query.execute(db)).rows[0]?.count ?? 0);
    if (best === null || count < best.count) best = { test, count };
  }
  return best;
}

const all = (tests: readonly Test[]): RawBuilder<unknown> =>
  tests.length === 0
    ? sql`true`
    : sql.join(
        tests.map(({ holds }) => holds),
        sql` and `,
      );

/** Reads every job that meets one test. */
async function among(db: Kysely<Tables>, search: JobSearch, tests: readonly Test[], first: Test): Promise<JobCursor[]> {
  const { project, order, after, limit } = search;
  const rest = all(tests.filter((test) => test !== first));
  const direction = sql.raw(order.descends ? "desc" : "asc");
  const beyond = sql.raw(order.descends ? "<" : ">");
  if (order.by === null) {
    const follows = after ? sql`c.id ${beyond} ${after.id}` : sql`true`;
    const query = sql<{
      id: string;
    }>`select c.id as id from (${first.ids}) as c where ${rest} and ${follows} order by c.id ${direction} limit ${sql.lit(limit)}`;
    return (await query.execute(db)).rows.map(({ id }) => ({ id, value: null }));
  }
  const field = fieldKey(project, order.by.field, order.by.key ?? "");
  const follows =
    after === null
      ? sql`true`
      : after.value === null
        ? sql`o.number is null and c.id ${beyond} ${after.id}`
        : sql`(o.number is null or (o.number, c.id) ${beyond} (cast(${after.value} as double precision), ${after.id}))`;
  const query = sql<JobCursor>`
    select c.id as id, o.number as value from (${first.ids}) as c
    left join job_values as o on o.job_id = c.id and o.field = ${field}
    where ${rest} and ${follows}
    order by case when o.number is null then 1 else 0 end, o.number ${direction}, c.id ${direction} limit ${sql.lit(limit)}`;
  return (await query.execute(db)).rows.map(({ id, value }) => ({ id, value }));
}

/** Reads the first jobs of the order, at most `most` of those with a value, and of those without. */
async function inOrder(db: Kysely<Tables>, search: JobSearch, tests: readonly Test[], most: number): Promise<JobCursor[]> {
  const { project, order, after, limit } = search;
  const direction = sql.raw(order.descends ? "desc" : "asc");
  const beyond = sql.raw(order.descends ? "<" : ">");
  const window = sql.lit(tests.length === 0 ? limit : most);
  const field = order.by && fieldKey(project, order.by.field, order.by.key ?? "");
  let valued: JobCursor[] = [];
  if (field !== null && (after === null || after.value !== null)) {
    const follows =
      after === null
        ? sql`v.number is not null`
        : sql`(v.number, v.job_id) ${beyond} (cast(${after.value} as double precision), ${after.id})`;
    // Conditions on the value of the order are bounds of the walk.
    const along = tests.filter(({ range }) => range?.field === field);
    const within =
      along.length === 0
        ? sql`true`
        : sql.join(
            along.map(({ range }) => range?.compares),
            sql` and `,
          );
    const query = sql<JobCursor>`
      select c.id as id, c.value as value from (
        select v.job_id as id, v.number as value from job_values as v where v.field = ${field} and ${follows} and ${within}
        order by v.number ${direction}, v.job_id ${direction} limit ${window}) as c
      where ${all(tests.filter((test) => !along.includes(test)))} order by c.value ${direction}, c.id ${direction} limit ${sql.lit(limit)}`;
    valued = (await query.execute(db)).rows.map(({ id, value }) => ({ id, value }));
    // Jobs without a value come after all those with one: a window that was too short says nothing about them.
    if (valued.length >= limit || (tests.length > 0 && most < MOST)) return valued;
  }
  const start = after?.value === null || field === null ? after : null;
  const lacks =
    field === null
      ? []
      : [sql`not exists (select 1 from job_values as o where o.job_id = c.id and o.field = ${field} and o.number is not null)`];
  const follows = start ? sql`j.id ${beyond} ${start.id}` : sql`true`;
  const query = sql<{ id: string }>`
    select c.id as id from (
      select j.id as id from jobs as j where j.project = ${project} and ${follows}
      order by j.id ${direction} limit ${field === null ? window : sql.lit(most)}) as c
    where ${sql.join([all(tests), ...lacks], sql` and `)} order by c.id ${direction} limit ${sql.lit(limit - valued.length)}`;
  const others = (await query.execute(db)).rows.map(({ id }): JobCursor => ({ id, value: null }));
  return [...valued, ...others];
}
