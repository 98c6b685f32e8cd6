/**
 * The reserve: a file that keeps some room on the disk for the moment when there is no other, so that jobs can still be
 * cancelled, and told that they wait. Its bytes are random: a file system that compresses would keep no room for zeros.
 */
import { randomBytes } from "node:crypto";
import { open, rm, stat } from "node:fs/promises";
import { freeDiskBytes } from "./disk-space.ts";

const CHUNK_BYTES = 1024 * 1024;

export interface Reserve {
  /** Keeps the room. False when there is too little; nothing is taken then. */
  make(): Promise<boolean>;
  /** Gives the room to whoever needs it. */
  release(): Promise<void>;
}

/** A reserve of so many bytes in a file; none at all when there are 0. */
export function createReserve(path: string, bytes: number): Reserve {
  if (bytes === 0) return { make: () => Promise.resolve(true), release: () => Promise.resolve() };
  const release = () => rm(path, { force: true });
  return {
    release,
    async make() {
      if ((await sizeOf(path)) === bytes) return true;
      // Trying would fill the disk for a moment, in which nothing else could be written.
      if ((await freeDiskBytes(path)) < bytes + CHUNK_BYTES) return false;
      try {
        await using file = await open(path, "w", 0o600);
        const chunk = randomBytes(Math.min(bytes, CHUNK_BYTES));
        for (let left = bytes; left > 0; left -= chunk.length) await file.writeFile(chunk.subarray(0, left));
        return true;
      } catch {
        // Why it cannot be written is told by the database, which cannot be either.
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
