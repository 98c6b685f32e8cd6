/** The interface of the store of data sets. Knows nothing of databases. */
import type { ProjectLimits } from "../limits.ts";
import type { Page, PageRequest } from "../page.ts";
import type { ColumnValues, Dataset, DatasetDocument, DatasetFormat, DatasetSummary } from "./dataset.ts";
import type { IngestedTable } from "./upload.ts";

/** What an upload stores. */
export interface NewDataset extends IngestedTable {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  readonly sha256: string;
  readonly bytes: number;
  readonly createdAt: number;
  /** The data set to copy columns from where `values` has none: it has the same columns and rows, and the database copies its values. */
  readonly copyOf?: string;
  /** Somebody relies on it, as by `claim`: on this one, and on the one that is answered in its place. Left out, nobody does yet. */
  readonly isClaimed?: boolean;
  /** Limits of its project. `insert` throws too_large beyond them. */
  readonly within?: Pick<ProjectLimits, "datasetBytes">;
}

/** The first rows of a data set. */
export interface DatasetPreview {
  /** Names of the columns. */
  readonly names: readonly string[];
  /** Each row as the JSON text of an array, in the order of the columns. */
  readonly lines: readonly string[];
}

/** The result of deleting a data set. */
export interface DatasetDeletion {
  readonly deleted: boolean;
  /** An unfinished job that trains on it and so prevents the deletion. */
  readonly usedBy: string | null;
}

/** Data sets. Methods return null for an unknown id. */
export interface DatasetStore {
  /**
   * Stores a data set in several transactions of bounded size; others see it after the last one. When one of the same hash and
   * format came first, that one is answered, with `created` false, and this one leaves nothing; it is claimed in the transaction that finds
   * it, so that nothing deletes it between. Throws too_large beyond `dataset.within`, before anything is written, and not_found where
   * `dataset.copyOf` is gone.
   */
  insert(dataset: NewDataset): Promise<DatasetDocument & { readonly created: boolean }>;
  /** The data set of these uploaded bytes and options. Null when there is none. */
  find(sha256: string, format: DatasetFormat): Promise<DatasetDocument | null>;
  /** Returns the data set without its values. */
  get(id: string): Promise<Dataset | null>;
  /** Does the same as `get`, with the columns unparsed. */
  describe(id: string): Promise<DatasetDocument | null>;
  /** Lists data sets, newest first. */
  list(page: PageRequest): Promise<Page<DatasetSummary>>;
  /** Returns the first rows, as they were uploaded. */
  readPreview(id: string): Promise<DatasetPreview | null>;
  /** Returns full columns by name. Throws not_found for an unknown data set or name, and for a text column whose texts are not stored. */
  readColumns(id: string, names: readonly string[]): Promise<ReadonlyMap<string, ColumnValues>>;
  /** Claims a data set: somebody relies on it, whatever created it. False if it is gone. */
  claim(id: string): Promise<boolean>;
  /**
   * Deletes a data set, unless an unfinished job trains on it (data.dataset.id) or, with `unlessClaimed`, it is claimed: then nothing
   * changes.
   */
  delete(id: string, options?: { readonly unlessClaimed: boolean }): Promise<DatasetDeletion>;
  /** Removes the remains of uploads and deletions that began before `at` and never ended. Returns how many there were. */
  removeUnfinished(at: number): Promise<number>;
}
