/** How much a file system has left. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** Bytes that may still be written beside a file; infinite where the file system does not say. */
export async function freeDiskBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize, blocks } = await statfs(dirname(path));
    // Some network and overlay file systems count nothing at all.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
