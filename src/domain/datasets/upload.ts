/** The upload spool: receives uploaded tables and reads them. */

import type { ErrorCode, FieldError } from "../errors.ts";
import type { CorrectedCell } from "./corrections.ts";
import type { Column, ColumnValues, DatasetFormat } from "./dataset.ts";
import type { ReadingOptions } from "./reading-options.ts";

/** A table that was read and is ready to be stored. */
export interface IngestedTable {
  readonly rows: number;
  readonly names: readonly string[];
  /** An array of `Column` as JSON text. */
  readonly columnsJson: string;
  /** An `AboutTable` as JSON text; null if nothing of it is to be stored. */
  readonly aboutJson?: string | null;
  /** The first rows, each an array as JSON text, without a newline. */
  readonly previewLines: readonly string[];
  /** By name, for every column but text columns that are not stored. */
  readonly values: ReadonlyMap<string, ColumnValues>;
}

/** An uploaded file, which exists until it is discarded. */
export interface Upload {
  readonly path: string;
  readonly bytes: number;
}

/** How to read a table, besides the file. */
export interface ReadingTask {
  readonly format: DatasetFormat;
  /** As the sender said. Compressed files are recognised without it; if it is set, the file must be compressed. */
  readonly gzip: boolean;
  readonly options: ReadingOptions;
}

export type Ingestion =
  | { readonly ok: true; readonly table: IngestedTable }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** Corrected cells of one column of a stored table. */
export interface CorrectionTask {
  readonly name: string;
  readonly cells: readonly CorrectedCell[];
  /** The data set that is corrected. */
  readonly parent: { readonly id: string; readonly sha256: string };
  readonly rows: number;
  readonly columnsJson: string;
  readonly aboutJson: string | null;
  readonly previewLines: readonly string[];
  /** Of the column; transferred. */
  readonly values: ColumnValues;
}

/** The corrected table: only what differs from before. */
export interface CorrectedColumn extends Pick<IngestedTable, "columnsJson" | "previewLines"> {
  readonly aboutJson: string;
  readonly values: ColumnValues;
  /** A hash of the corrected data set's own hash and of the corrections. */
  readonly sha256: string;
}

export type Correction =
  | { readonly ok: true; readonly corrected: CorrectedColumn }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** A column of a stored table, and keys that select rows. */
export interface MatchTask {
  readonly column: Column;
  /** Of the column; transferred. */
  readonly values: ColumnValues;
  readonly keys: readonly (string | number | boolean)[];
  /** Maximum rows that may have the keys. */
  readonly most: number;
}

export type MatchedRows =
  | { readonly ok: true; readonly positions: readonly number[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** A column of a stored table, and rows to remove from it. */
export interface RemovalTask {
  readonly column: Column;
  /** Transferred; null for text that is not stored. */
  readonly values: ColumnValues | null;
  /** Number of rows in the table. */
  readonly rows: number;
  /** The words for a missing value in the whole table; the column's own other words are cells of it. */
  readonly missing: readonly string[];
  /** Ascending, each below `rows`. */
  readonly positions: readonly number[];
}

/** A column without the rows, and a hash of its name, type, labels and values. */
export interface RemainingColumn {
  readonly column: Column;
  readonly values: ColumnValues | null;
  readonly sha256: string;
}

/** Receives uploaded tables: into a file as fast as they come, then hashed and read in a thread. */
export interface UploadSpool {
  /**
   * Writes a stream to a file. Uses each chunk before it asks for the next. Throws too_large over the limit, malformed when the stream
   * breaks; leaves nothing then.
   */
  receive(stream: AsyncIterable<Uint8Array>): Promise<Upload>;
  /** SHA-256 of the file's bytes followed by `suffix`, in hex. */
  digest(upload: Upload, suffix: string): Promise<string>;
  /** Reads the table in a file in a thread. Faults of the file are returned, not thrown. */
  read(upload: Upload, task: ReadingTask): Promise<Ingestion>;
  /** Corrects a column of a stored table in a thread. Faults of the corrections are returned, not thrown. */
  correct(task: CorrectionTask): Promise<Correction>;
  /** Finds rows of a stored table in a thread. Keys without a row are returned, not thrown. */
  match(task: MatchTask): Promise<MatchedRows>;
  /** Removes rows from a column of a stored table in a thread. */
  remove(task: RemovalTask): Promise<RemainingColumn>;
  /** Deletes the file. */
  discard(upload: Upload): Promise<void>;
  /** Returns the same threads for one project: projects share them fairly. */
  ofProject(project: string): UploadSpool;
  /** Ends the threads and waits for them. */
  close(): Promise<void>;
}
