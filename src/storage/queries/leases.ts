/** Leases: a record that a process works on belongs to it until a time, and to whoever claims it after that. */
import { sql } from "kysely";

/** Whether nobody has the record of a table with the column `leased_until`, in Unix milliseconds. */
export const isFree = (now: number) => sql<boolean>`(leased_until is null or leased_until < ${now})`;
