/**
 * Fair shares: orders the projects that have queued jobs. The project with the fewest running jobs is next, and of several the
 * one that got a worker longest ago. So no project waits for the queue of another, however long or urgent that is. Priorities
 * order the jobs within a project.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import { ATTEMPTED_STATES } from "../../../domain/jobs/job.ts";
import type { Tables } from "../../tables.ts";

/** Returns the projects with queued jobs, the next one first. Leaves out those with `runningJobs` or more running jobs. */
export async function projectsInTurn(db: Kysely<Tables>, runningJobs: number): Promise<readonly string[]> {
  // Skips from one project to the next by the index, because the queue may be long.
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

/** Records that a project got a worker. */
export async function recordTurn(db: Transaction<Tables>, project: string): Promise<void> {
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
