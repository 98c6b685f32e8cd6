/** What is sent to an upload thread; each is handled by the function of that name in thread.ts. Types only. */

import type { ReadingTask } from "../../domain/datasets/upload.ts";
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
