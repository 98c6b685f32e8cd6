/**
 * Whose turn it is: workers are shared among the projects that have jobs in the queue. The one with the fewest jobs under way
 * is next, and of several the one whose last turn is longest ago; so no project waits for another's queue, however long or
 * urgent that is. Priorities order the jobs within a project.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import { ATTEMPTED_STATES } from "../../../domain/jobs/job.ts";
import type { Tables } from "../../tables.ts";

/** Projects with queued jobs, the one whose turn it is first. Those that have `runningJobs` jobs under way have none. */
export async function projectsInTurn(db: Kysely<Tables>, runningJobs: number): Promise<readonly string[]> {
  // From one project to the next by the index: the queue itself may be long.
  const { rows } = await sql<{ readonly project: string }>`
    with recursive waiting (project) as (
      select (select min(project) from jobs where state = 'queued')
      union all
      select (select min(project) from jobs where state = 'queued' and project > waiting.project)
      from waiting where waiting.project is not null
    ), held as (
      select project, count(*) as jobs from jobs where state in (${sql.join(ATTEMPTED_STATES)}) group by project
    )
    select waiting.project as project
    from waiting
      left join held on held.project = waiting.project
      left join project_turns on project_turns.project = waiting.project
    where waiting.project is not null and coalesce(held.jobs, 0) < ${runningJobs}
    order by coalesce(held.jobs, 0), coalesce(project_turns.turn, 0), waiting.project
  `.execute(db);
  return rows.map(({ project }) => project);
}

/** Notes that a project has had its turn. */
export async function takeTurn(db: Transaction<Tables>, project: string): Promise<void> {
  const last = await db
    .selectFrom("project_turns")
    .select((values) => values.fn.max<number | null>("turn").as("turn"))
    .executeTakeFirst();
  const turn = (last?.turn ?? 0) + 1;
  await db
    .insertInto("project_turns")
    .values({ project, turn })
    .onConflict((conflict) => conflict.column("project").doUpdateSet({ turn }))
    .execute();
}
