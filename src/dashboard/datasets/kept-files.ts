/** The files that this page has sent, by data set, for as long as it is open, so that a misread table can be sent again. */
import type { UploadOptions } from "../../client/datasets.ts";

/** How a table is to be read; what is left out is found out. */
export type Reading = Pick<UploadOptions, "types" | "decimal" | "missing" | "sheet" | "skipLines" | "rows">;

export interface KeptFile {
  readonly file: Blob;
  readonly fileName: string;
  readonly reading: Reading;
  /** Whether this page made the data set, and nothing uses it yet: another reading of the file may replace it. */
  readonly isOwn: boolean;
}

/** Maximum files kept. Browsers keep a file on disk, so keeping one costs no memory; nobody goes back further. */
const MAX_FILES = 8;
const files = new Map<string, KeptFile>();

/** Keeps the file of a data set. */
export function keepFile(dataset: string, kept: KeptFile): void {
  files.delete(dataset);
  files.set(dataset, kept);
  if (files.size > MAX_FILES) files.delete(files.keys().next().value ?? "");
}

/** Returns the file of a data set; null if this page did not send it. */
export const keptFile = (dataset: string): KeptFile | null => files.get(dataset) ?? null;

/** Marks a data set as used: it then stays, whatever happens to its file. */
export function holdDataset(dataset: string): void {
  const kept = files.get(dataset);
  if (kept) files.set(dataset, { ...kept, isOwn: false });
}
