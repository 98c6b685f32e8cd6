/** Leases: a record that a process works on belongs to it until a time, and after that to whoever claims it. */
import { sql } from "kysely";

/** Whether nobody holds the record of a table with the column `leased_until`, in Unix milliseconds. */
export const isFree = (now: number) => sql<boolean>`(leased_until is null or leased_until < ${now})`;
