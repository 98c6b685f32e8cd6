/**
 * Receives uploaded tables: from the socket to a file, as fast as both go, and then hashed and read in a thread. A thread is used only for
 * complete files, so a slow sender costs no more than a file, which need not stay open.
 */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type {
  Correction,
  Ingestion,
  MatchedRows,
  MatchTask,
  RemainingColumn,
  RemovalTask,
  Upload,
  UploadSpool,
} from "../../domain/datasets/upload.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import type { DatasetLimits } from "../../domain/limits.ts";
import { overLimit } from "../../formats/tables/table.ts";
import { createSupervisedPool, TaskLimitError } from "../supervised-pool.ts";
import { wholeBuffers } from "../transfer.ts";
import { createOpenFiles, type Sink } from "./open-files.ts";
import { type CorrectTask, type DigestTask, type ReadTask, unpackedPath } from "./protocol.ts";

export interface UploadSpoolOptions {
  /** The folder for uploads, which is emptied at the start. */
  readonly dataDir: string;
  readonly limits: DatasetLimits;
  /** Minimum time limit for reading an upload; a larger one may take longer. */
  readonly readMs?: number;
  /** Called when an idle thread dies. */
  readonly onError: (error: unknown) => void;
  /** Called with whether there is any thread, when one starts and when one is missing. */
  readonly onThreads?: (hasThreads: boolean) => void;
  /** The module that exports the tasks; tests pass another one. */
  readonly entry?: URL;
}

/** Maximum bytes of a project's uploads that arrive or wait to be read, in uploads of the largest size: the disk is shared. */
const MAX_LARGEST_OF_PROJECT = 4;
/** Two, so that a large table does not block the others. */
const THREADS = 2;
/** For JavaScript objects: labels, and a row group of Parquet. Values are in typed arrays, whose size is computed before they are allocated. */
const HEAP_MB = 1024;
const DEFAULT_READ_MS = 120_000;
/** Minimum reading speed, compressed or not, on a machine that is busy with training. */
const MIN_BYTES_PER_MS = 1000;
/** The tenant of tasks that no project requested. */
const NOBODY = "";
/** The error codes of writing a file when its disk, or its owner's quota, is full. */
const NO_ROOM: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Deletes unfinished uploads in the folder. A thread starts while the first one arrives. */
export async function openUploadSpool({
  dataDir,
  limits,
  readMs = DEFAULT_READ_MS,
  onError,
  onThreads,
  entry = new URL("./ingest-thread.ts", import.meta.url),
}: UploadSpoolOptions): Promise<UploadSpool> {
  const folder = join(resolve(dataDir), "uploads");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = createOpenFiles();
  const pool = createSupervisedPool({ entry, minThreads: 1, maxThreads: THREADS, heapMb: HEAP_MB, onError, onThreads });
  const shares = createSpoolShares(MAX_LARGEST_OF_PROJECT * limits.bytes);
  const discard = async ({ path }: Pick<Upload, "path">): Promise<void> => {
    try {
      // A terminated thread may have left a decompressed file.
      await Promise.all([path, unpackedPath(path)].map((each) => rm(each, { force: true })));
    } finally {
      shares.release(path);
    }
  };

  const ofTenant = (tenant: string): UploadSpool => {
    const run = async (
      name: string,
      task: DigestTask | ReadTask | CorrectTask | MatchTask | RemovalTask,
      { bytes }: Pick<Upload, "bytes">,
      transferList: ArrayBuffer[] = [],
    ): Promise<unknown> => {
      const limitMs = readMs + bytes / MIN_BYTES_PER_MS;
      try {
        return await pool.run({ tenant, isLong: true, name, task, limitMs, transferList });
      } catch (error) {
        if (error instanceof TrainyardError) throw error;
        const isWorkbook = "format" in task && task.format === "xlsx";
        throw error instanceof TaskLimitError
          ? refusal(error, isWorkbook)
          : new Error(`the upload thread's ${name} failed`, { cause: error });
      }
    };
    return {
      async receive(stream) {
        const path = join(folder, randomUUID());
        pool.start();
        try {
          await using file = await files.create(path);
          return { path, bytes: await writeStream(file, stream, limits.bytes, (bytes) => shares.add(tenant, path, bytes)) };
        } catch (error) {
          await discard({ path });
          throw NO_ROOM.has((error as NodeJS.ErrnoException).code ?? "") ? noRoom(error) : error;
        }
      },
      digest: async (upload, suffix) => (await run("digest", { path: upload.path, suffix }, upload)) as string,
      read: async (upload, task) => (await run("read", { ...task, path: upload.path, limits }, upload)) as Ingestion,
      async correct(task) {
        const own = { ...task, maxCategories: limits.categories };
        const bytes = task.values.byteLength + task.columnsJson.length;
        return (await run("correct", own, { bytes }, wholeBuffers([task.values]))) as Correction;
      },
      match: async (task) =>
        (await run("match", task, { bytes: task.values.byteLength }, wholeBuffers([task.values]))) as MatchedRows,
      async remove(task) {
        const values = task.values ? [task.values] : [];
        const bytes = task.values?.byteLength ?? 0;
        return (await run("remove", task, { bytes }, wholeBuffers(values))) as RemainingColumn;
      },
      discard,
      ofProject: ofTenant,
      close: () => pool.close(),
    };
  };
  return ofTenant(NOBODY);
}

/** The error for the sender of an upload whose reading was ended. */
function refusal({ bound, message }: TaskLimitError, isWorkbook: boolean): TrainyardError {
  const cure = isWorkbook ? ": save the sheet as CSV, which takes less" : "";
  if (bound === "memory")
    return new TrainyardError("too_large", `reading the table ${message}, the most that one table may take${cure}`);
  const detail = `reading it ${message}, the most that a file of this size may take (TRAINYARD_READ_SECONDS): it may be damaged`;
  return invalid([{ pointer: "", detail }]);
}

function noRoom(cause: unknown): TrainyardError {
  return Object.assign(new TrainyardError("storage_full", "the disk has no room for the upload: try again when there is"), {
    cause,
  });
}

/** Takes the next chunk from the stream when the one before is written: that is the back-pressure. */
async function writeStream(
  file: Sink,
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
  count: (bytes: number) => void,
): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw overLimit("the upload has more bytes", limitBytes, "DATASET_BYTES");
    count(chunk.length);
    await file.append(chunk);
  }
  return bytes;
}

/** Counts the bytes of each project's files until they are discarded. `add` throws rate_limited above `most` of one project. */
function createSpoolShares(most: number) {
  const byProject = new Map<string, number>();
  const files = new Map<string, { readonly project: string; bytes: number }>();
  return {
    add(project: string, path: string, bytes: number): void {
      const total = (byProject.get(project) ?? 0) + bytes;
      if (total > most) {
        const detail = `${project} has uploads of ${most} bytes that arrive or wait to be read, which is the maximum (from TRAINYARD_MAX_DATASET_BYTES): send this one again when some are read`;
        throw new TrainyardError("rate_limited", detail);
      }
      byProject.set(project, total);
      const file = files.get(path);
      if (file) file.bytes += bytes;
      else files.set(path, { project, bytes });
    },
    release(path: string): void {
      const file = files.get(path);
      if (!file) return;
      files.delete(path);
      const left = (byProject.get(file.project) ?? 0) - file.bytes;
      if (left > 0) byProject.set(file.project, left);
      else byProject.delete(file.project);
    },
  };
}
