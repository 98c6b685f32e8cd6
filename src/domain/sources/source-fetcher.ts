/** The port to where tables are fetched from. Knows nothing of HTTP, S3 or PostgreSQL. */
import type { DatasetFormat } from "../datasets/dataset.ts";
import type { TableLabel } from "../datasets/table-label.ts";
import { TrainyardError } from "../errors.ts";
import type { Source } from "./source.ts";

/** A table on its way. Its stream must be read to its end, or left: both close the connection. */
export interface FetchedTable extends TableLabel {
  readonly isUnchanged: false;
  readonly stream: AsyncIterable<Uint8Array>;
  /** The format, where the source has only one. */
  readonly format: DatasetFormat | null;
  /** Whether the answer said that it is packed. */
  readonly gzip: boolean;
  /** What the source calls this state of the table, to be sent the next time; null where it says nothing. */
  readonly etag: string | null;
}

/** `isUnchanged`: the source still has the state that `etag` names. */
export type Fetched = { readonly isUnchanged: true } | FetchedTable;

export interface FetchOptions {
  /** Of the state that is known already. */
  readonly etag?: string | null;
  /** Aborting it ends the connection; what reads the stream throws. */
  readonly signal: AbortSignal;
}

export interface SourceFetcher {
  /** Opens a table. Throws SourceError, also from the stream. */
  fetch(source: Source, options: FetchOptions): Promise<Fetched>;
}

/** A table that could not be fetched: the caller's to mend, and said at the source. */
export class SourceError extends TrainyardError {
  /** Whether asking again later may help. */
  readonly isTransient: boolean;

  constructor(
    pointer: string,
    detail: string,
    { isTransient = false, cause }: { isTransient?: boolean; cause?: unknown } = {},
  ) {
    super("invalid", `${pointer}: ${detail}`, [{ pointer, detail }]);
    this.isTransient = isTransient;
    if (cause !== undefined) this.cause = cause;
  }
}
