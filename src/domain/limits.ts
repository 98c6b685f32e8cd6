/** The limits of an installation, which config.ts reads. Requests that exceed one are refused, and the error names the limit. */
import type { FieldError } from "./errors.ts";

export interface Limits {
  readonly bodyBytes: number;
  /** Rows of one job's data. */
  readonly rows: number;
  /** Trainable parameters of one network. */
  readonly parameters: number;
  /** Memory of one job's training, computed before it is accepted. */
  readonly jobMemoryBytes: number;
  /** Memory of all jobs that train at the same time. A job that needs more is refused; others wait until it is free. */
  readonly memoryBytes: number;
  readonly predictRows: number;
  /** The number of threads that may train one job; 1 when left out. */
  readonly threads?: number;
}

/** Why a job that needs this much memory is refused, with the cure; null if it is accepted. */
export function excessMemory(
  bytes: number,
  { jobMemoryBytes, memoryBytes }: Pick<Limits, "jobMemoryBytes" | "memoryBytes">,
  cure: string,
): FieldError | null {
  const limit = Math.min(jobMemoryBytes, memoryBytes);
  if (bytes <= limit) return null;
  const which = memoryBytes < jobMemoryBytes ? "TRAINYARD_MEMORY_BYTES" : "TRAINYARD_MAX_JOB_MEMORY_BYTES";
  return { pointer: "", detail: `training needs ${bytes} bytes, more than the limit of ${limit} (${which}): ${cure}` };
}

/** The limits of the installation and of each project. */
export interface ServiceLimits extends Limits {
  /** Of an upload or a compressed stream of rows to predict: as sent, and again after decompression. */
  readonly uploadBytes: number;
  readonly project: ProjectLimits;
}

/** The limits of one project. */
export interface ProjectLimits {
  readonly queuedJobs: number;
  /** Jobs that train at the same time. */
  readonly runningJobs: number;
  readonly models: number;
  readonly schedules: number;
  /** Bytes of all its uploaded files. */
  readonly datasetBytes: number;
  /** Bytes of the answers kept under its idempotency keys. */
  readonly answerBytes: number;
  readonly requestsPerMinute: number;
  /** Concurrent WebSocket and SSE readers, per process. */
  readonly streams: number;
  /** Jobs that one WebSocket can follow concurrently. */
  readonly subscriptions: number;
}

/** The limits of an uploaded table. */
export interface DatasetLimits {
  /** Bytes as uploaded, and bytes after decompression. */
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  /** Distinct labels of one column. A column with more is text. */
  readonly categories: number;
  /** Bytes of one cell in UTF-8. */
  readonly cellBytes: number;
  /** Bytes of the values of all columns, which are in memory while a file is read. */
  readonly memoryBytes: number;
}
