/** Backups: whole copies of the database, created and restored while it is in use. */

import type { AuditEntry } from "../access/audit-log.ts";

export interface BackupFile {
  /** Its path, until it is discarded. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

export interface Archive {
  /** Creates a consistent, verified copy of the database. Throws storage_full if there is no space for it. */
  backUp(): Promise<BackupFile>;
  /**
   * Writes a stream to a file beside the database. Throws storage_full, malformed if the stream breaks off, and conflict while
   * another backup is being restored.
   */
  receive(stream: AsyncIterable<Uint8Array>): Promise<BackupFile>;
  /**
   * Stages a received file: the next start replaces the database by it, and keeps the old database under another name. Throws invalid
   * unless it is an intact Trainyard database of a supported version. `entry` is for the audit log of the new database, because the old one
   * takes its own with it.
   */
  stage(file: BackupFile, entry: AuditEntry): Promise<void>;
  /** Returns the entry of a staged file that has replaced the database, until it is `noted`; null if there is none. */
  restoredBy(): Promise<AuditEntry | null>;
  /** Drops that entry, because the audit log has it. */
  noted(): Promise<void>;
  /** Deletes a file that is no longer needed. */
  discard(file: BackupFile): Promise<void>;
}
