/** Reads the free space of a file system. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Returns the free bytes on the disk of a file; infinity if the file system does not report them. */
export async function freeDiskBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize, blocks } = await statfs(dirname(path));
    // Some network and overlay file systems report zero blocks.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
