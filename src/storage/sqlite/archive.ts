/** Makes backups of a SQLite database in use, and receives, checks and stages files to restore. */
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { AuditEntry } from "../../domain/access/audit-log.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import type { Archive, BackupFile } from "../../domain/operation/archive.ts";
import { appliedMigrations } from "../schema.ts";
import { copyDatabase } from "./copy.ts";
import { checkIntegrity } from "./integrity-check.ts";
import { openSqliteConnection } from "./sqlite-connection.ts";
import { SqliteError } from "./sqlite-error.ts";
import { failureOf } from "./sqlite-failures.ts";
import { DATABASE_FILE } from "./sqlite-store.ts";
import { notePath, stagedPath, syncFolder } from "./staged-restore.ts";

const BUSY_TIMEOUT_MS = 5000;
/** What error messages call an uploaded file. */
const UPLOADED = "that was uploaded";

/** Opens the archive of the database in a data directory. */
export function openArchive(dataDir: string): Archive {
  const folder = resolve(dataDir);
  const database = join(folder, DATABASE_FILE);
  const newPath = (what: string) => join(folder, `trainyard.${what}-${randomUUID()}.tmp`);
  let receiving = false;
  return {
    async backUp() {
      const path = newPath("backup");
      const connection = await openSqliteConnection({ path: database, role: "reader", busyTimeoutMs: BUSY_TIMEOUT_MS });
      try {
        return { path, ...(await copyDatabase(connection, path)) };
      } catch (error) {
        throw error instanceof TrainyardError && error.code === "storage_full" ? noRoom("a backup") : error;
      } finally {
        await connection.close();
      }
    },
    async receive(stream) {
      if (receiving) throw new TrainyardError("conflict", "another backup is being received");
      receiving = true;
      try {
        return await write(stream, newPath("received"));
      } finally {
        receiving = false;
      }
    },
    async stage({ path }, entry) {
      await assertUsable(path);
      await using file = await open(path, "r+");
      await file.sync();
      // The note first, together with the file that it is about: after a crash before the rename, it is about a file that is not the
      // database.
      const { ino } = await file.stat({ bigint: true });
      await writeFile(notePath(database), JSON.stringify({ file: String(ino), entry } satisfies Note), { mode: 0o600 });
      await rename(path, stagedPath(database));
      syncFolder(database);
    },
    async restoredBy() {
      if (existsSync(stagedPath(database))) return null;
      const text = await readFile(notePath(database), "utf8").catch(() => null);
      if (text === null) return null;
      const note = parseNote(text);
      // A rename keeps the file's number; a database that is in use has not been replaced.
      const { ino } = await stat(database, { bigint: true });
      if (note?.file === String(ino)) return note.entry;
      await rm(notePath(database), { force: true });
      return null;
    },
    noted: () => rm(notePath(database), { force: true }),
    discard: ({ path }) => rm(path, { force: true }),
  };
}

/** Who staged a file, and the file's number on its disk. */
interface Note {
  readonly file: string;
  readonly entry: AuditEntry;
}

/** Null if a power cut has left an incomplete note. */
function parseNote(text: string): Note | null {
  try {
    return JSON.parse(text) as Note;
  } catch {
    return null;
  }
}

async function write(stream: AsyncIterable<Uint8Array>, path: string): Promise<BackupFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    await pipeline(
      stream,
      async function* (chunks) {
        for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(path, { mode: 0o600 }),
    );
  } catch (error) {
    await rm(path, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") throw noRoom("the backup");
    if (error instanceof TrainyardError) throw error;
    throw code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" ? broken() : error;
  }
  return { path, bytes, sha256: hash.digest("hex") };
}

async function assertUsable(path: string): Promise<void> {
  try {
    const connection = await openSqliteConnection({ path, role: "reader", busyTimeoutMs: BUSY_TIMEOUT_MS });
    try {
      await checkIntegrity(connection, "whole");
      const applied = await appliedMigrations(connection, UPLOADED);
      if (applied.length === 0) throw refused("it is empty");
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof SqliteError) {
      const failure = failureOf(error);
      if (failure?.status === "damaged" || error.code === "SQLITE_ERROR") throw refused(failure?.reason ?? error.message);
      throw error;
    }
    if (error instanceof TrainyardError && error.code === "unavailable") throw refused(error.message);
    throw error;
  } finally {
    for (const suffix of ["-wal", "-shm", "-journal"]) await rm(`${path}${suffix}`, { force: true });
  }
}

function refused(reason: string): TrainyardError {
  return invalid([{ pointer: "", detail: `the uploaded file is not a backup that can be restored: ${reason}` }]);
}

function noRoom(what: string): TrainyardError {
  return new TrainyardError("storage_full", `the disk has no room for ${what}`);
}

function broken(): TrainyardError {
  return new TrainyardError("malformed", "the connection ended before the backup did");
}
