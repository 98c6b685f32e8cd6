/** Copies of a whole database while it is used: of one moment, checked, on the disk, and under their name only when they are all that. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { TrainyardError } from "../../domain/errors.ts";
import { freeDiskBytes } from "./disk-space.ts";
import { checkIntegrity, sizeOf } from "./integrity-check.ts";
import { openSqliteConnection, type SqliteConnection } from "./sqlite-connection.ts";
import { syncFolder } from "./staged-restore.ts";

const BUSY_TIMEOUT_MS = 5000;
/** What a file system takes besides a file's bytes. */
const SLACK_BYTES = 1024 * 1024;

export interface CopyReport {
  readonly bytes: number;
  /** Of the file. */
  readonly sha256: string;
}

/**
 * Copies the database of a connection to a file, in place of one that is there. Throws storage_full before anything is
 * written, and a SqliteError "SQLITE_CORRUPT" when the copy is not whole; the file is then as it was.
 */
export async function copyDatabase(from: SqliteConnection, file: string): Promise<CopyReport> {
  await assertRoom(await sizeOf(from), file);
  const partial = `${file}.partial-${process.pid}`;
  try {
    // Made here, so that it is nobody else's to read: a database has keys in it.
    await (await open(partial, "w", 0o600)).close();
    await from.copyTo(partial);
    const copy = await openSqliteConnection({ path: partial, role: "copy", busyTimeoutMs: BUSY_TIMEOUT_MS });
    try {
      await checkIntegrity(copy, "whole");
    } finally {
      await copy.close();
    }
    const report = await syncAndHash(partial);
    await rename(partial, file);
    syncFolder(file);
    return report;
  } catch (error) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(`${partial}${suffix}`, { force: true });
    throw error;
  }
}

/** Throws storage_full when so many bytes do not fit beside a file. */
export async function assertRoom(bytes: number, file: string): Promise<void> {
  const free = await freeDiskBytes(file);
  if (free >= bytes + SLACK_BYTES) return;
  throw new TrainyardError("storage_full", `${file} takes ${inMB(bytes)}, and its disk has ${inMB(free)} left: make room`);
}

async function syncAndHash(path: string): Promise<CopyReport> {
  await using file = await open(path, "r+");
  await file.sync();
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { bytes: (await file.stat()).size, sha256: hash.digest("hex") };
}

function inMB(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
}
