/** Backups: whole copies of the database, made and taken in while it is used. */

export interface BackupFile {
  /** Where it is, until it is discarded. */
  readonly path: string;
  readonly bytes: number;
  /** Of the file. */
  readonly sha256: string;
}

export interface Archive {
  /** A copy of the database as it is at one moment, checked. Throws storage_full when there is no room for it. */
  backUp(): Promise<BackupFile>;
  /** Writes a stream to a file beside the database. Throws storage_full, malformed when the stream breaks, conflict while another is taken in. */
  receive(stream: AsyncIterable<Uint8Array>): Promise<BackupFile>;
  /**
   * Puts a received file where the next start finds it and takes it in place of the database, which is kept under another name.
   * Throws invalid when it is not a database of ours, whole, and of a version that can be used.
   */
  stage(file: BackupFile): Promise<void>;
  /** Deletes a file that is no longer needed. */
  discard(file: BackupFile): Promise<void>;
}
