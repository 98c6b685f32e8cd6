/**
 * The tasks of an upload thread; the function of the same name in ingest-thread.ts handles each. Types, and the place of decompressed
 * files.
 */

import type { CorrectionTask, ReadingTask } from "../../domain/datasets/upload.ts";
import type { DatasetLimits } from "../../domain/limits.ts";

export interface DigestTask {
  readonly path: string;
  /** Hashed after the file. */
  readonly suffix: string;
}

export interface ReadTask extends ReadingTask {
  readonly path: string;
  readonly limits: DatasetLimits;
}

export interface CorrectTask extends CorrectionTask {
  readonly maxCategories: number;
}

/** Where a packed file is unpacked to that must be read from its end: beside itself. */
export const unpackedPath = (path: string): string => `${path}.unpacked`;
