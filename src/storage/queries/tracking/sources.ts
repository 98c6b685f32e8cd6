/** Runs of each kind in SQL. The table of a kind has the name `c`. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import {
  artifactUriOf,
  type Lifecycle,
  PROJECT_EXPERIMENT,
  RUN_TAG,
  type RunKind,
  SOURCE_NAME,
  SOURCE_TYPE,
  STATUS_OF_STATE,
} from "../../../domain/tracking/tracking.ts";
import { memberOfJson, textOfMember } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import { fieldKey, storedText } from "../jobs/values.ts";

/** The attributes that are numbers; all others are text. */
export const NUMERIC_ATTRIBUTES: ReadonlySet<string> = new Set(["start_time", "end_time"]);

type Sql = RawBuilder<unknown>;

/** A kind of runs. A missing value is null. */
export interface RunSource {
  readonly kind: RunKind;
  readonly from: Sql;
  readonly where: Sql;
  readonly id: Sql;
  readonly number: Sql;
  /** By the keys of RUN_ATTRIBUTES. */
  readonly attributes: Readonly<Record<string, Sql>>;
  metric(key: string): Sql;
  tag(key: string): Sql;
  /** A text parameter, and a numeric one. */
  paramText(key: string): Sql;
  paramNumber(key: string): Sql;
  /** Whether a parameter equals, or differs from, a text. */
  paramIs(key: string, comparator: "=" | "!=", text: string): Sql;
}

const NONE = sql`null`;

/** Runs that clients have logged. */
export function trackedRuns(project: string, experimentIds: readonly string[], lifecycle: Lifecycle | null): RunSource {
  const value = (kind: string, key: string, what: Sql): Sql =>
    sql`(select ${what} from tracking_values as v where v.owner_id = c.id and v.kind = ${kind} and v.key = ${key})`;
  const inLifecycle = lifecycle === null ? sql`` : sql` and c.lifecycle = ${lifecycle}`;
  const paramText = (key: string) => value("p", key, sql`v.text`);
  return {
    kind: "run",
    from: sql`tracking_runs as c`,
    where: sql`c.project = ${project} and c.experiment_id in (${sql.join(experimentIds)})${inLifecycle}`,
    id: sql`c.id`,
    number: sql`0`,
    attributes: {
      ...{
        id: sql`c.id`,
        name: sql`c.name`,
        status: sql`c.status`,
        user_id: sql`c.user_id`,
        experiment_id: sql`c.experiment_id`,
      },
      ...{ start_time: sql`c.start_time`, end_time: sql`c.end_time`, artifact_uri: sql`${sql.lit(artifactUriOf(""))} || c.id` },
    },
    metric: (key) => value("m", key, sql`case when v.is_nan = 1 then null else v.number end`),
    tag: (key) => value("t", key, sql`v.text`),
    paramText,
    paramNumber: () => NONE,
    paramIs: (key, comparator, text) => sql`${paramText(key)} ${sql.raw(comparator)} ${text}`,
  };
}

/** Jobs, sweeps and trials. */
export function ownSources(db: Kysely<Tables>, project: string): readonly RunSource[] {
  return [jobs(project), sweeps(db, project), trials(db, project)];
}

/** A parameter for its text: the number, text or boolean that would be written so. */
function literalOf(text: string): { readonly number: number | null; readonly text: string } {
  const number = Number(text);
  return { number: String(number) === text && Number.isFinite(number) ? number : null, text };
}

function statusOf(state: Sql): Sql {
  const cases = Object.entries(STATUS_OF_STATE).map(([name, status]) => sql`when ${sql.lit(name)} then ${sql.lit(status)}`);
  return sql`case ${state} ${sql.join(cases, sql` `)} end`;
}

function ownAttributes(id: Sql, name: Sql, state: Sql, start: Sql, end: Sql): RunSource["attributes"] {
  return {
    ...{ id, name, status: statusOf(state), user_id: sql`''`, experiment_id: sql.lit(PROJECT_EXPERIMENT) },
    ...{ start_time: start, end_time: end, artifact_uri: sql`${sql.lit(artifactUriOf(""))} || ${id}` },
  };
}

/** The tags of this server, which precede those that people gave. */
function ownTag(kind: RunKind, name: Sql, state: Sql, others: (key: string) => Sql): (key: string) => Sql {
  const given: Readonly<Record<string, Sql>> = {
    [RUN_TAG.name]: name,
    [RUN_TAG.state]: state,
    [RUN_TAG.sourceName]: sql.lit(SOURCE_NAME),
    [RUN_TAG.sourceType]: sql.lit(SOURCE_TYPE),
    [RUN_TAG.kind]: sql.lit(kind),
  };
  return (key) => given[key] ?? others(key);
}

function jobs(project: string): RunSource {
  const value = (field: string, key: string, what: Sql): Sql =>
    sql`(select ${what} from job_values as v where v.job_id = c.id and v.field = ${fieldKey(project, field, key)})`;
  return {
    kind: "job",
    from: sql`jobs as c`,
    where: sql`c.project = ${project}`,
    id: sql`c.id`,
    number: sql`0`,
    attributes: ownAttributes(
      ...([sql`c.id`, sql`c.name`, sql`c.state`] as const),
      ...([sql`coalesce(c.started_at, c.created_at)`, sql`c.finished_at`] as const),
    ),
    metric: (key) => value("metrics", key, sql`v.number`),
    tag: ownTag("job", sql`c.name`, sql`c.state`, (key) =>
      key === RUN_TAG.note ? sql`c.note` : value("tags", key, sql`substr(v.text, 2)`),
    ),
    paramText: (key) => value("params", `/${key}`, sql`substr(v.text, 2)`),
    paramNumber: (key) => value("params", `/${key}`, sql`v.number`),
    paramIs: (key, comparator, literal) => {
      const { number, text } = literalOf(literal);
      const isNumber = number === null ? sql`` : sql`v.number = cast(${number} as double precision) or `;
      const isIt = sql`${isNumber}v.text = ${storedText(text)} or v.text = ${`b${text}`}`;
      return sql`${value("params", `/${key}`, sql`case when ${isIt} then 1 else 0 end`)} = ${sql.lit(comparator === "=" ? 1 : 0)}`;
    },
  };
}

/** The metric that the trials of a sweep are compared by. */
const objectiveOf = (db: Kysely<Tables>, table: string): Sql => textOfMember(db, `${table}.spec`, ["objective", "metric"]);

function sweeps(db: Kysely<Tables>, project: string): RunSource {
  return {
    kind: "sweep",
    from: sql`sweeps as c`,
    where: sql`c.project = ${project}`,
    id: sql`c.id`,
    number: sql`0`,
    attributes: ownAttributes(
      ...([sql`c.id`, sql`c.name`, sql`c.state`] as const),
      ...([sql`coalesce(c.started_at, c.created_at)`, sql`c.finished_at`] as const),
    ),
    metric: (key) => sql`case when ${objectiveOf(db, "c")} = ${key} then c.best_value end`,
    tag: ownTag("sweep", sql`c.name`, sql`c.state`, (key) =>
      key === RUN_TAG.note ? sql`c.note` : textOfMember(db, "c.tags", [key]),
    ),
    paramText: () => NONE,
    paramNumber: () => NONE,
    paramIs: () => sql`1 = 0`,
  };
}

function trials(db: Kysely<Tables>, project: string): RunSource {
  const start = sql`coalesce(s.started_at, s.created_at)`;
  const name = sql`s.name || ' #' || c.number`;
  return {
    kind: "trial",
    from: sql`trials as c inner join sweeps as s on s.id = c.sweep_id`,
    where: sql`s.project = ${project}`,
    // Of the sweep, whose index has them in order.
    id: sql`s.id`,
    number: sql`c.number`,
    attributes: ownAttributes(
      ...([sql`(c.sweep_id || '-' || c.number)`, name, sql`c.state`, start] as const),
      sql`case when c.state in ('queued', 'running') then null else ${start} + cast(coalesce(c.seconds, 0) * 1000 as bigint) end`,
    ),
    // Once for all trials of a sweep, whose spec may be long.
    metric: (key) =>
      sql`case when c.sweep_id in (select o.id from sweeps as o where o.project = ${project} and ${objectiveOf(db, "o")} = ${key}) then c.value end`,
    tag: ownTag("trial", name, sql`c.state`, (key) => (key === RUN_TAG.parent ? sql`c.sweep_id` : NONE)),
    paramText: (key) => textOfMember(db, "c.parameters", [`/${key}`]),
    paramNumber: () => NONE,
    paramIs: (key, comparator, literal) => {
      const { number, text } = literalOf(literal);
      const truth = text === "true" ? true : text === "false" ? false : null;
      const one = (value: number | string | boolean) => memberOfJson(db, "c.parameters", `/${key}`, "=", value);
      const isIt = sql.join(
        [...(number === null ? [] : [one(number)]), one(text), ...(truth === null ? [] : [one(truth)])],
        sql` or `,
      );
      return comparator === "="
        ? sql`(${isIt})`
        : sql`(${textOfMember(db, "c.parameters", [`/${key}`])} is not null and not (${isIt}))`;
    },
  };
}
