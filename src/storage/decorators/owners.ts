/** Finds the project that owns a record. Caches the answers: an owner never changes, and ids are never reused. */
import type { Kysely } from "kysely";
import { ID_PREFIXES } from "../../domain/id.ts";
import { createLru } from "../../domain/lru.ts";
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
] as const satisfies readonly (readonly [string, keyof Tables])[];

export interface Owners {
  /** Returns the project of a record; null when no record has this id. */
  of(id: string): Promise<string | null>;
}

/** Creates the lookup over a connection that sees all committed data. */
export function createOwners(db: Kysely<Tables>): Owners {
  const known = createLru<string>({ maxCount: MAX_REMEMBERED, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  return {
    async of(id) {
      const remembered = known.get(id);
      if (remembered !== undefined) return remembered;
      const table = OWNING.find(([prefix]) => id.startsWith(prefix))?.[1];
      if (!table) return null;
      const row = await db.selectFrom(table).select("project").where("id", "=", id).executeTakeFirst();
      if (row) known.set(id, row.project);
      return row?.project ?? null;
    },
  };
}
