/** The upload spool: what takes uploaded tables in, and what they come to. */

import type { ErrorCode, FieldError } from "../errors.ts";
import type { CorrectedCell } from "./corrections.ts";
import type { Column, ColumnValues, DatasetFormat } from "./dataset.ts";
import type { ReadingOptions } from "./reading-options.ts";

/** What an uploaded file came to: ready to be stored. */
export interface IngestedTable {
  readonly rows: number;
  readonly names: readonly string[];
  /** An array of `Column` as JSON text. */
  readonly columnsJson: string;
  /** An `AboutTable` as JSON text; null where nothing is to be kept of it. */
  readonly aboutJson?: string | null;
  /** The first rows, each an array as JSON text, without a newline. */
  readonly previewLines: readonly string[];
  /** By name, for every column but those of text that are not kept. */
  readonly values: ReadonlyMap<string, ColumnValues>;
}

/** An uploaded file, held until it is discarded. */
export interface Upload {
  readonly path: string;
  readonly bytes: number;
}

/** What reading a table takes besides the file. */
export interface ReadingTask {
  readonly format: DatasetFormat;
  /** Said by the sender. Compressed files are recognised without it; when it is said, it must be so. */
  readonly gzip: boolean;
  readonly options: ReadingOptions;
}

export type Ingestion =
  | { readonly ok: true; readonly table: IngestedTable }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** Cells of one column of a stored table, and what of the table they change. */
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

/** A table whose column was corrected: what of it is another than before. */
export interface CorrectedColumn extends Pick<IngestedTable, "columnsJson" | "previewLines"> {
  readonly aboutJson: string;
  readonly values: ColumnValues;
  /** A hash of the corrected data set's own hash and of the corrections. */
  readonly sha256: string;
}

export type Correction =
  | { readonly ok: true; readonly corrected: CorrectedColumn }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** A column of a stored table, and keys that say which rows are meant. */
export interface MatchTask {
  readonly column: Column;
  /** Of the column; transferred. */
  readonly values: ColumnValues;
  readonly keys: readonly (string | number | boolean)[];
  /** Most rows that may have them. */
  readonly most: number;
}

export type MatchedRows =
  | { readonly ok: true; readonly positions: readonly number[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** A column of a stored table, and rows that are taken out of it. */
export interface RemovalTask {
  readonly column: Column;
  /** Transferred; null for text that is not kept. */
  readonly values: ColumnValues | null;
  /** Rows of the table. */
  readonly rows: number;
  /** Words that stand for a missing value in the whole table: the others that a column has are cells of it. */
  readonly missing: readonly string[];
  /** Rising, each below `rows`. */
  readonly positions: readonly number[];
}

/** A column without the rows, and a hash of its name, type, labels and values. */
export interface RemainingColumn {
  readonly column: Column;
  readonly values: ColumnValues | null;
  readonly sha256: string;
}

/** Takes uploaded tables in: to a file as fast as they come, then hashed and read in a thread. */
export interface UploadSpool {
  /** Writes a stream to a file. A chunk is used before the next is asked for. Throws too_large over the limit, malformed when the stream breaks; leaves nothing then. */
  receive(stream: AsyncIterable<Uint8Array>): Promise<Upload>;
  /** SHA-256 of the file's bytes followed by `suffix`, in hex. */
  digest(upload: Upload, suffix: string): Promise<string>;
  /** Reads the table in a file in a thread. What is wrong with the file is an answer, not an error. */
  read(upload: Upload, task: ReadingTask): Promise<Ingestion>;
  /** Corrects a column of a stored table in a thread. What is wrong with the corrections is an answer, not an error. */
  correct(task: CorrectionTask): Promise<Correction>;
  /** Finds rows of a stored table in a thread. Keys that no row has are an answer, not an error. */
  match(task: MatchTask): Promise<MatchedRows>;
  /** Takes rows out of a column of a stored table in a thread. */
  remove(task: RemovalTask): Promise<RemainingColumn>;
  /** Deletes the file. */
  discard(upload: Upload): Promise<void>;
  /** The same threads as one project has them: projects take turns. */
  ofProject(project: string): UploadSpool;
  /** Ends the threads and waits for them. */
  close(): Promise<void>;
}
