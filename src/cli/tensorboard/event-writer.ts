/**
 * The event files of one run in its folder: reads what earlier processes have written, and appends. A process never writes into a file of
 * an earlier one, whose last record may be truncated: a reader of half of that record would continue in the middle of another. TensorBoard
 * reads the files of a folder in the order of their names.
 */
import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { eventFileHead, eventFileName, type ReadPosition, readPosition } from "../../formats/metrics/tensorboard.ts";
import { lastRecord } from "../../formats/metrics/tf-record.ts";

/** A file is named after the second in which it was started. */
const SECOND_MS = 1000;
const NAME = /^events\.out\.tfevents\.(\d+)\.(.+)$/;

export interface EventWriter {
  /** The step and time of the last whole record in the files of earlier processes; null if there was none. */
  readonly last: ReadPosition | null;
  /** Appends records. The first ones start a file, whose first record has their time. */
  append(records: Uint8Array, wallTimeMs: number): Promise<void>;
}

/** Opens the event files of a job in a folder, which need not exist yet. Reads every byte of the newest one that has records. */
export async function openEventWriter(folder: string, jobId: string, nowMs: number): Promise<EventWriter> {
  const files = (await eventFiles(folder)).filter(({ id }) => id === jobId);
  let last: ReadPosition | null = null;
  for (const { name } of files.toReversed()) {
    const read = await lastRecord(createReadStream(join(folder, name)));
    // The first record of a file is its version.
    if (read.records < 2 || !read.last) continue;
    last = readPosition(read.last);
    break;
  }
  const second = Math.max(Math.floor(nowMs / SECOND_MS), (files.at(-1)?.second ?? 0) + 1);
  const path = join(folder, eventFileName(jobId, second * SECOND_MS));
  let isBegun = false;
  return {
    last,
    async append(records, wallTimeMs) {
      if (!isBegun) {
        await mkdir(folder, { recursive: true });
        await appendFile(path, eventFileHead(wallTimeMs));
        isBegun = true;
      }
      await appendFile(path, records);
    },
  };
}

/** The event files directly in a folder, in the order in which they were started; none if there is no such folder. */
export async function eventFiles(folder: string): Promise<{ name: string; second: number; id: string }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const [, second, id] = NAME.exec(name) ?? [];
      return second && id ? { name, second: Number(second), id } : [];
    })
    .sort((a, b) => a.second - b.second);
}
