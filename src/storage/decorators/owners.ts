/**
 * Says whether a project owns a record, by one statement for each id that it does not own: neither the answer nor the time distinguishes a
 * record of another project from one that does not exist.
 */
import type { Kysely } from "kysely";
import { ID_PREFIXES } from "../../domain/id.ts";
import { createLru } from "../../domain/memory/lru.ts";
import type { Tables } from "../tables.ts";

const MAX_REMEMBERED = 4096;

/** The tables with owners, by the prefix of their ids. */
const OWNING = [
  [ID_PREFIXES.job, "jobs"],
  [ID_PREFIXES.model, "models"],
  [ID_PREFIXES.dataset, "datasets"],
  [ID_PREFIXES.checkpoint, "checkpoints"],
  [ID_PREFIXES.sweep, "sweeps"],
  [ID_PREFIXES.forget, "forgets"],
  [ID_PREFIXES.schedule, "schedules"],
  [ID_PREFIXES.scheduleRun, "schedule_runs"],
  [ID_PREFIXES.import, "imports"],
] as const satisfies readonly (readonly [string, keyof Tables])[];

export interface Owners {
  /** Whether the project owns a record of this id. */
  owns(project: string, id: string): Promise<boolean>;
}

/**
 * Creates the lookup over a connection that sees all committed data. It caches what a project owns (an owner never changes, and ids are
 * never reused), but nothing that it does not own.
 */
export function createOwners(db: Kysely<Tables>): Owners {
  const owned = createLru<true>({ maxCount: MAX_REMEMBERED, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  return {
    async owns(project, id) {
      // Names of projects contain no space.
      const key = `${project} ${id}`;
      if (owned.get(key)) return true;
      const table = OWNING.find(([prefix]) => id.startsWith(prefix))?.[1];
      if (!table) return false;
      const row = await db
        .selectFrom(table)
        .select("id")
        .where("id", "=", id)
        .where("project", "=", project)
        .executeTakeFirst();
      if (row) owned.set(key, true);
      return row !== undefined;
    },
  };
}
