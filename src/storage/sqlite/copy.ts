/** Copies a whole database while it is used. The copy is a snapshot; it gets its name once it is checked and synced to disk. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { TrainyardError } from "../../domain/errors.ts";
import { freeDiskBytes } from "./disk-space.ts";
import { checkIntegrity, sizeOf } from "./integrity-check.ts";
import { openSqliteConnection, type SqliteConnection } from "./sqlite-connection.ts";
import { syncFolder } from "./staged-restore.ts";

const BUSY_TIMEOUT_MS = 5000;
/** Disk space that a file system may need besides the bytes of the file. */
const SLACK_BYTES = 1024 * 1024;

export interface CopyReport {
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/**
 * Copies the database of a connection to a file, and replaces an existing one. Throws storage_full before anything is written,
 * and a SqliteError "SQLITE_CORRUPT" when the copy is damaged; an existing file is then unchanged.
 */
export async function copyDatabase(from: SqliteConnection, file: string): Promise<CopyReport> {
  await assertRoom(await sizeOf(from), file);
  const partial = `${file}.partial-${process.pid}`;
  try {
    // Create the file with mode 600 first, so that no other user can read it: a database contains keys.
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

/** Throws storage_full when the disk of a file has no room for this many bytes. */
export async function assertRoom(bytes: number, file: string): Promise<void> {
  const free = await freeDiskBytes(file);
  if (free >= bytes + SLACK_BYTES) return;
  throw new TrainyardError(
    "storage_full",
    `${file} needs ${inMB(bytes)}, but its disk has ${inMB(free)} left: free some space`,
  );
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
