/** An import that takes longer than its request waits: a record of its progress, which any process can read. It holds no source and no key. */
import { z } from "zod";

const ACTIVE_STATES = ["fetching", "reading"] as const;
const ENDED_STATES = ["succeeded", "failed", "cancelled"] as const;
export type ImportState = (typeof ACTIVE_STATES)[number] | (typeof ENDED_STATES)[number];

/** How often a process reports that it still runs an import, and after which silence it counts as dead. */
export const IMPORT_BEAT_MS = 1000;
const SILENT_MS = 30_000;

/** Whether an import is over. */
export function isEndedImport(state: ImportState): boolean {
  return (ENDED_STATES as readonly string[]).includes(state);
}

/** An import. Times are epoch milliseconds. */
export interface TableImport {
  readonly id: string;
  readonly state: ImportState;
  /** Bytes fetched so far, as received. */
  readonly bytes: number;
  readonly datasetId: string | null;
  readonly error: { readonly code: string; readonly detail: string } | null;
  readonly createdAt: number;
  /** The last report of its process. */
  readonly heardAt: number;
  readonly finishedAt: number | null;
}

/** The progress of an import, or how it ended. */
export interface ImportChange {
  readonly state: ImportState;
  readonly bytes: number;
  readonly datasetId?: string | null;
  readonly error?: TableImport["error"];
}

export interface ImportStore {
  /** Stores an import that is under way, or that somebody has cancelled before it was. Where its id is known already, returns that one. */
  insert(started: Pick<TableImport, "id" | "state" | "bytes" | "createdAt">): Promise<TableImport>;
  /** Returns an import. Null for an unknown id. */
  get(id: string): Promise<TableImport | null>;
  /** Stores the progress of an unfinished import. True if it is to be cancelled, or is gone. */
  change(id: string, change: ImportChange, at: number): Promise<boolean>;
  /** Asks its process to cancel it; does nothing if it has ended. Null for an unknown id. */
  cancel(id: string): Promise<TableImport | null>;
  /** Deletes at most `limit` from before a time. Returns how many. */
  deleteOld(before: number, limit: number): Promise<number>;
}

export const importAnswer = z
  .object({
    id: z.string(),
    state: z.enum([...ACTIVE_STATES, ...ENDED_STATES]).meta({
      description: "`fetching` and `reading` are in progress; then the table becomes a data set, or `error` says why not.",
    }),
    bytes: z.int().meta({ description: "Fetched so far, as they come." }),
    dataset: z.string().nullable().meta({ description: "The data set, when it is there." }),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({
    id: "Import",
    description: "An import that takes longer than its request waits.",
    examples: [
      {
        ...{ id: "imp_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90", state: "fetching" as const, bytes: 73_400_320 },
        ...{ dataset: null, error: null, created_at: "2026-01-02T03:04:05.678Z", finished_at: null },
      },
    ],
  });

/** The error of an import whose process stopped or was killed. */
export const IMPORTER_STOPPED = {
  code: "unavailable",
  detail: "the server that fetched it has stopped: import it again",
} as const;

/** An import as the API shows it, as of a time. If its process has gone silent, it has failed. */
export function representImport(shown: TableImport, now: number): z.output<typeof importAnswer> {
  const { id, bytes, datasetId, createdAt, heardAt, finishedAt } = shown;
  const isDead = !isEndedImport(shown.state) && now - heardAt > SILENT_MS;
  const endedAt = isDead ? heardAt : finishedAt;
  return {
    ...{
      id,
      state: isDead ? "failed" : shown.state,
      bytes,
      dataset: datasetId,
      error: isDead ? IMPORTER_STOPPED : shown.error,
    },
    created_at: new Date(createdAt).toISOString(),
    finished_at: endedAt === null ? null : new Date(endedAt).toISOString(),
  };
}
