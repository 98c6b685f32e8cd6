/**
 * The reserve: a file that occupies some disk space, which is released when the disk is full, so that jobs can still be
 * cancelled and requeued. Its bytes are random, because a compressing file system would store zeros in no space.
 */
import { randomBytes } from "node:crypto";
import { open, rm, stat } from "node:fs/promises";
import { freeDiskBytes } from "./disk-space.ts";

const CHUNK_BYTES = 1024 * 1024;

export interface Reserve {
  /** Creates the file. Returns false, and uses no space, when there is too little. */
  make(): Promise<boolean>;
  /** Deletes the file, which frees its space. */
  release(): Promise<void>;
}

/** Creates a reserve of `bytes` in a file. With 0 bytes it does nothing. */
export function createReserve(path: string, bytes: number): Reserve {
  if (bytes === 0) return { make: () => Promise.resolve(true), release: () => Promise.resolve() };
  const release = () => rm(path, { force: true });
  return {
    release,
    async make() {
      if ((await sizeOf(path)) === bytes) return true;
      // Check first: writing would fill the disk for a moment, and other writes would fail.
      if ((await freeDiskBytes(path)) < bytes + CHUNK_BYTES) return false;
      try {
        await using file = await open(path, "w", 0o600);
        const chunk = randomBytes(Math.min(bytes, CHUNK_BYTES));
        for (let left = bytes; left > 0; left -= chunk.length) await file.writeFile(chunk.subarray(0, left));
        return true;
      } catch {
        // The error is ignored: the database cannot be written either, and reports why.
        await release().catch(() => undefined);
        return false;
      }
    },
  };
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
