/** Which project a record belongs to. That never changes, and no id is given twice: an answer is remembered. */
import type { Kysely } from "kysely";
import { ID_PREFIXES } from "../../domain/id.ts";
import { createLru } from "../../domain/lru.ts";
import type { Tables } from "../tables.ts";

const MAX_REMEMBERED = 4096;

/** The tables that say whose their records are, by how the ids of these begin. */
const OWNING = [
  [ID_PREFIXES.job, "jobs"],
  [ID_PREFIXES.model, "models"],
  [ID_PREFIXES.dataset, "datasets"],
  [ID_PREFIXES.checkpoint, "checkpoints"],
] as const satisfies readonly (readonly [string, keyof Tables])[];

export interface Owners {
  /** The project of a record; null when there is none of this id. */
  of(id: string): Promise<string | null>;
}

/** Asks a connection that sees what was committed. */
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
