/** The files that this page has sent, by their data sets, for as long as it is open: a table that was read wrong is sent again. */
import type { UploadOptions } from "../../client/datasets.ts";

/** How a table is to be read; what is left out is found out. */
export type Reading = Pick<UploadOptions, "types" | "decimal" | "missing" | "sheet" | "skipLines">;

export interface KeptFile {
  readonly file: Blob;
  readonly fileName: string;
  readonly reading: Reading;
  /** Whether this page made the data set, and nothing was begun with it: another reading of the file may take its place. */
  readonly isOwn: boolean;
}

/** Browsers keep a file on disk, so that keeping one costs no memory; more than these nobody goes back to. */
const MAX_FILES = 8;
const files = new Map<string, KeptFile>();

/** Keeps the file of a data set. */
export function keepFile(dataset: string, kept: KeptFile): void {
  files.delete(dataset);
  files.set(dataset, kept);
  if (files.size > MAX_FILES) files.delete(files.keys().next().value ?? "");
}

/** Returns the file that a data set was read from; null where this page did not send it. */
export const keptFile = (dataset: string): KeptFile | null => files.get(dataset) ?? null;

/** Says that something was begun with a data set, which therefore stays whatever becomes of its file. */
export function holdDataset(dataset: string): void {
  const kept = files.get(dataset);
  if (kept) files.set(dataset, { ...kept, isOwn: false });
}
