import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { ID_PREFIXES } from "../../../src/domain/id.ts";
import type { EntityStores } from "../../../src/domain/store/entity-stores.ts";
import { METHODS } from "../../../src/domain/store/method-table.ts";
import type { AnyFacts } from "../../../src/domain/store/wrap-store.ts";
import { createOwners } from "../../../src/storage/decorators/owners.ts";
import { projectStore } from "../../../src/storage/decorators/project-store.ts";
import type { Tables } from "../../../src/storage/tables.ts";

const OWNED = { job: "jobs", model: "models", dataset: "datasets", checkpoint: "checkpoints", sweep: "sweeps" } as const;
const LINES = Object.entries(METHODS as unknown as Record<string, Record<string, AnyFacts>>);

/** What methods are given that are not given the id itself. */
const GIVEN: Readonly<Record<string, (id: string) => object>> = {
  "models.find": (id) => ({ kind: "id", id }),
  "scheduleRuns.insert": (id) => ({ scheduleId: id }),
};

/** Every method that finds its record by an id, as `entity.method`. */
const byId = LINES.flatMap(([entity, methods]) =>
  Object.entries(methods).flatMap(([method, { project }]) => (typeof project === "object" ? [`${entity}.${method}`] : [])),
);

/** The store of the project `theirs`, which owns nothing, beside a record `…ours` of each kind; and the statements that were run. */
function openTheirs() {
  const database = new Database(":memory:");
  for (const [kind, table] of Object.entries(OWNED))
    database.exec(
      `create table ${table} (id text primary key, project text); insert into ${table} values ('${ID_PREFIXES[kind as keyof typeof OWNED]}ours', 'ours')`,
    );
  const statements: string[] = [];
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database }),
    log: ({ query }) => void statements.push(query.sql),
  });
  onTestFinished(() => db.destroy());
  const reached: string[] = [];
  const stores = Object.fromEntries(
    LINES.map(([entity, methods]) => [
      entity,
      Object.fromEntries(Object.keys(methods).map((name) => [name, async () => reached.push(`${entity}.${name}`)])),
    ]),
  ) as unknown as EntityStores;
  const of = (project: string) =>
    projectStore(project, stores, createOwners(db)) as unknown as Record<string, Record<string, (id: unknown) => unknown>>;
  return { of, statements, reached };
}

it.each(byId)("%s goes one way for a record of another project and for none, however often", async (path) => {
  const [entity = "", name = ""] = path.split(".");
  const { of, statements, reached } = openTheirs();
  const [theirs, ours] = [of("theirs"), of("ours")];
  const given = (id: string) => GIVEN[path]?.(id) ?? id;
  const ask = async (id: string) => {
    statements.length = 0;
    const answer = await Promise.resolve(theirs[entity]?.[name]?.(given(id))).catch(({ code }: { code: string }) => code);
    return { answer, statements: [...statements] };
  };
  for (const kind of Object.keys(OWNED) as (keyof typeof OWNED)[]) {
    // Its owner's own request does not change what others see.
    await ours[entity]?.[name]?.(given(`${ID_PREFIXES[kind]}ours`));
    const asked: Awaited<ReturnType<typeof ask>>[] = [];
    for (const id of ["ours", "none", "ours", "none"]) asked.push(await ask(`${ID_PREFIXES[kind]}${id}`));
    expect(asked).toEqual(asked.map(() => asked[1]));
    expect(asked[0]?.statements).toHaveLength(1);
  }
  expect(reached).toEqual(Object.keys(OWNED).map(() => path));
});
