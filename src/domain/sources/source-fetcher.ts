/** The port for fetching tables. Knows nothing of HTTP, S3 or PostgreSQL. */
import type { DatasetFormat } from "../datasets/dataset.ts";
import type { TableLabel } from "../datasets/table-label.ts";
import { TrainyardError } from "../errors.ts";
import type { Source } from "./source.ts";

/** A table being fetched. Its stream must be read to its end, or closed: both close the connection. */
export interface FetchedTable extends TableLabel {
  readonly isUnchanged: false;
  readonly stream: AsyncIterable<Uint8Array>;
  /** The format, if the source has only one. */
  readonly format: DatasetFormat | null;
  /** Whether the response said that it is compressed. */
  readonly gzip: boolean;
  /** The source's name for this state of the table (etag), to be sent the next time; null if it has none. */
  readonly etag: string | null;
}

/** `isUnchanged`: the source still has the state that `etag` names. */
export type Fetched = { readonly isUnchanged: true } | FetchedTable;

export interface FetchOptions {
  /** The etag of the state that is already known. */
  readonly etag?: string | null;
  /** Aborting it closes the connection; readers of the stream get an error. */
  readonly signal: AbortSignal;
}

export interface SourceFetcher {
  /** Opens a table. Throws SourceError, also from the stream. */
  fetch(source: Source, options: FetchOptions): Promise<Fetched>;
}

/** A table that could not be fetched, for a reason that the caller can fix; reported at the source. */
export class SourceError extends TrainyardError {
  /** Whether a later retry may help. */
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
