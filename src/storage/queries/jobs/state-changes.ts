/** Writes a change of a job's state: its columns, and its event under the new sequence number. */
import { sql, type Transaction, type UpdateObject } from "kysely";
import { isTerminal, type Transition } from "../../../domain/jobs/job.ts";
import type { JobsTable, Tables } from "../../tables.ts";

/** Returns the columns of a change of state. Its event gets the new `last_seq`. */
export function transitionColumns(to: Transition): UpdateObject<Tables, "jobs"> {
  return {
    state: to.state,
    last_seq: sql<number>`last_seq + 1`,
    transitions: sql<string>`transitions || ${`,${JSON.stringify(to)}`}`,
    finished_at: isTerminal(to.state) ? to.at : null,
  };
}

/** Inserts the event of a change whose row was just updated. Readers of the event do not see what asked for it. */
export async function insertStateEvent(
  db: Transaction<Tables>,
  { id, last_seq }: JobsTable,
  { traceparent: _, ...to }: Transition,
): Promise<void> {
  const event = { job_id: id, seq: last_seq, type: "state" as const, payload: JSON.stringify(to) };
  await db.insertInto("events").values(event).execute();
}
