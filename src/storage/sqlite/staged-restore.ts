/**
 * Putting a database in place of another: the new one waits beside it under its own name, and whoever holds the lock and
 * opens the database next moves it in. Every step is a rename, and the steps can be begun again wherever they ended: what is
 * there after a crash is the old database, or the new one at the next start.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The file whose lock says that a process uses the database, or changes which file it is. */
export function lockPath(databasePath: string): string {
  return `${databasePath}.lock`;
}

/** Where a database waits to be put in place. */
export function stagedPath(databasePath: string): string {
  return `${databasePath}.restore`;
}

/** The name under which the old database is kept: from the staged file's own time, so that it is the same when this is begun again. */
function replacedPath(databasePath: string, stagedAt: Date): string {
  return `${databasePath}.replaced-${stagedAt.toISOString().replaceAll(/[:.]/g, "-")}`;
}

/**
 * Moves the staged database in, if there is one, and keeps the old one, with its log, under its other name. Call it with the
 * lock held and the database closed.
 */
export function putStagedInPlace(databasePath: string): void {
  const staged = stagedPath(databasePath);
  const stagedAt = statSync(staged, { throwIfNoEntry: false })?.mtime;
  if (!stagedAt) return;
  const replaced = replacedPath(databasePath, stagedAt);
  // A log that stayed would be played into the new database.
  for (const suffix of ["", "-wal"]) moveIfThere(`${databasePath}${suffix}`, `${replaced}${suffix}`);
  rmSync(`${databasePath}-shm`, { force: true });
  syncFolder(databasePath);
  renameSync(staged, databasePath);
  syncFolder(databasePath);
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}

/** Makes sure that renames beside a file survive a power cut. */
export function syncFolder(path: string): void {
  // Windows opens no folders; its file system keeps the order by itself.
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
