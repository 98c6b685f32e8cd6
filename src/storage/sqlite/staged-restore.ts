/**
 * Replaces a database by another at the next start. The new one is staged beside the old under its own name; the next process
 * that locks and opens the database renames it. Every step is a rename and can be repeated after a crash, which leaves either
 * the old database or, at the next start, the new one.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Returns the file that a process locks while it uses or replaces the database. */
export function lockPath(databasePath: string): string {
  return `${databasePath}.lock`;
}

/** Returns the path of the staged database. */
export function stagedPath(databasePath: string): string {
  return `${databasePath}.restore`;
}

/** Returns the path of the note that says who staged it. */
export function notePath(databasePath: string): string {
  return `${stagedPath(databasePath)}.json`;
}

/** Returns the path at which the old database is kept. It has the staged file's time, so that it is the same after a crash. */
function replacedPath(databasePath: string, stagedAt: Date): string {
  return `${databasePath}.replaced-${stagedAt.toISOString().replaceAll(/[:.]/g, "-")}`;
}

/**
 * Replaces the database by the staged one, if there is one, and keeps the old one, with its log, under another name. Call it
 * with the lock held and the database closed.
 */
export function installStaged(databasePath: string): void {
  const staged = stagedPath(databasePath);
  const stagedAt = statSync(staged, { throwIfNoEntry: false })?.mtime;
  if (!stagedAt) return;
  const replaced = replacedPath(databasePath, stagedAt);
  // SQLite would replay a leftover log into the new database.
  for (const suffix of ["", "-wal"]) moveIfThere(`${databasePath}${suffix}`, `${replaced}${suffix}`);
  rmSync(`${databasePath}-shm`, { force: true });
  syncFolder(databasePath);
  renameSync(staged, databasePath);
  syncFolder(databasePath);
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}

/** Syncs the folder of a file, so that renames in it survive a power cut. */
export function syncFolder(path: string): void {
  // Windows cannot open folders; its file system keeps the order by itself.
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
