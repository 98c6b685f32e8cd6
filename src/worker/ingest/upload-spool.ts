/**
 * Uploaded tables on their way in: from the socket to a file, as fast as both go, and then hashed and read in a thread. A
 * thread is taken only for a file that is all there, so that slow senders cost no more than a file.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Piscina } from "piscina";
import type { Ingestion, Upload, UploadSpool } from "../../domain/datasets/upload.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { DatasetLimits } from "../../domain/limits.ts";
import { overLimit } from "../../formats/tables/table.ts";
import { isOutOfMemory } from "../threads.ts";
import type { DigestTask, ReadTask } from "./protocol.ts";

export interface UploadSpoolOptions {
  /** Uploads are held in a folder of it, which is emptied at the start. */
  readonly dataDir: string;
  readonly limits: DatasetLimits;
  /** Told of a thread that died while idle. */
  readonly onError: (error: unknown) => void;
}

/** Two, so that a large table does not hold up the rest. */
const THREADS = 2;
const IDLE_MS = 60_000;
/** Of JavaScript objects: labels, and a row group of Parquet. Values are in typed arrays, which are computed before they are made. */
const HEAP_MB = 1024;
/** What writing a file fails with when its disk, or its owner's share of it, is used up. */
const NO_ROOM: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Empties the folder of uploads that were never finished, and starts a thread. */
export async function openUploadSpool({ dataDir, limits, onError }: UploadSpoolOptions): Promise<UploadSpool> {
  const folder = join(resolve(dataDir), "uploads");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const pool = new Piscina({
    filename: new URL("./thread.ts", import.meta.url).href,
    minThreads: 1,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  pool.on("error", onError);
  const run = async (name: string, task: DigestTask | ReadTask): Promise<unknown> => {
    try {
      return await pool.run(task, { name });
    } catch (error) {
      if (isOutOfMemory(error)) {
        throw new TrainyardError("too_large", "the table takes more memory to read than the server has for one");
      }
      throw new Error(`the upload thread's ${name} failed`, { cause: error });
    }
  };
  const discard = ({ path }: Pick<Upload, "path">): Promise<void> => rm(path, { force: true });
  return {
    async receive(stream) {
      const path = join(folder, randomUUID());
      try {
        await using file = await open(path, "wx");
        return { path, bytes: await writeStream(file, stream, limits.bytes) };
      } catch (error) {
        await discard({ path });
        throw NO_ROOM.has((error as NodeJS.ErrnoException).code ?? "") ? noRoom(error) : error;
      }
    },
    digest: async ({ path }, suffix) => (await run("digest", { path, suffix })) as string,
    read: async ({ path }, task) => (await run("read", { ...task, path, limits })) as Ingestion,
    discard,
    close: () => pool.destroy(),
  };
}

function noRoom(cause: unknown): TrainyardError {
  return Object.assign(new TrainyardError("storage_full", "the disk has no room for the upload: try again when there is"), {
    cause,
  });
}

/** The next chunk is taken from the stream when the one before is written: that is the back-pressure. */
async function writeStream(file: FileHandle, stream: AsyncIterable<Uint8Array>, limitBytes: number): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw overLimit("the upload has more bytes", limitBytes, "DATASET_BYTES");
    await file.writeFile(chunk);
  }
  return bytes;
}
