/** A data directory that can be filled: on a small disk of its own where one may be mounted, under a limit elsewhere. */
import { execFile } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createDataDir } from "../e2e/live-server.ts";

const MB = 1024 * 1024;
const DISK_BYTES = 24 * MB;
const run = promisify(execFile);

export interface SmallDisk {
  readonly path: string;
  readonly kind: "disk" | "limit";
  /** What a server in it is to be started with. */
  readonly settings: Record<string, string>;
  /** Takes the room that is left, to the last byte. Does nothing under a limit: only the server can use that up. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  remove(): Promise<void>;
}

/** Mounting takes rights that not everybody has who runs tests; then the database's own limit stands in for the disk's. */
export async function createSmallDisk(): Promise<SmallDisk> {
  const folder = await createDataDir();
  const isMounted = await mount(folder.path);
  const filler = join(folder.path, "filler");
  return {
    path: folder.path,
    kind: isMounted ? "disk" : "limit",
    settings: {
      TRAINYARD_RESERVE_BYTES: String(4 * MB),
      ...(!isMounted && { TRAINYARD_MAX_DATABASE_BYTES: String(DISK_BYTES / 3) }),
    },
    fill: () => (isMounted ? fill(filler) : Promise.resolve()),
    free: () => rm(filler, { force: true }),
    async remove() {
      // Lazily when something still holds it: what is mounted must not outlive the test.
      if (isMounted) await run("umount", [folder.path]).catch(() => run("umount", ["-l", folder.path]));
      await folder.remove();
    },
  };
}

async function mount(path: string): Promise<boolean> {
  return run("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES},mode=700`, "tmpfs", path]).then(
    () => true,
    () => false,
  );
}

/** Appends in ever smaller pieces: what a piece of a megabyte leaves, a single byte does not. */
async function fill(path: string): Promise<void> {
  await using file = await open(path, "a");
  for (let bytes = MB; bytes >= 1; ) {
    try {
      await file.write(Buffer.alloc(bytes, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      bytes = Math.floor(bytes / 2);
    }
  }
}
