/** Makes a data set of an uploaded stream, or reports every reason why it cannot be one; then nothing of it stays. */
import type { DatasetDocument, DatasetFormat } from "../../domain/datasets/dataset.ts";
import { digestSuffix, type ReadingOptions } from "../../domain/datasets/reading-options.ts";
import type { Upload } from "../../domain/datasets/upload.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { ProjectServices } from "../services.ts";

export interface UploadRequest {
  readonly name: string;
  readonly format: DatasetFormat;
  /** As the sender said. */
  readonly gzip: boolean;
  readonly options: ReadingOptions;
  /** For a schedule, which may delete tables that nobody else has asked for. */
  readonly isScheduled?: boolean;
}

/**
 * Makes a data set of a received upload, and discards the upload. The same bytes with the same options are the same data set, under its
 * first name, with `created` false. Throws malformed, invalid or too_large, and what `onDigest` throws, which gets the digest before
 * anything is made of the upload.
 */
export async function createDataset(
  { uploadSpool, store, limits }: ProjectServices,
  upload: Upload,
  { name, format, gzip, options, isScheduled = false }: UploadRequest,
  onDigest: (sha256: string) => Promise<void> = async () => undefined,
): Promise<DatasetDocument & { readonly created: boolean }> {
  try {
    const sha256 = await uploadSpool.digest(upload, digestSuffix(options));
    await onDigest(sha256);
    const existing = await store.datasets.find(sha256, format);
    // A schedule is about to delete the existing one: make it anew.
    if (existing && (isScheduled || (await store.datasets.claim(existing.summary.id)))) return { ...existing, created: false };
    const result = await uploadSpool.read(upload, { format, gzip, options });
    if (!result.ok) throw new TrainyardError(result.code, result.detail, result.errors);
    const { bytes } = upload;
    return await store.datasets.insert({
      ...result.table,
      id: createId("dataset"),
      name,
      format,
      sha256,
      bytes,
      createdAt: Date.now(),
      isClaimed: !isScheduled,
      within: limits.project,
    });
  } finally {
    await uploadSpool.discard(upload);
  }
}
