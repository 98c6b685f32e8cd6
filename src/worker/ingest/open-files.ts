/**
 * Files that are written while their bytes arrive, of which a bounded number is open. A sender that is slow would hold a descriptor beside
 * its connection for as long as it likes: only the first few files stay open, and every other one is opened for each chunk.
 */
import { type FileHandle, open } from "node:fs/promises";

/** Files that stay open while they are written, and those that may be open for a chunk at the same time. */
const HELD = 24;
const AT_A_TIME = 8;

/** A file that grows. */
export interface Sink extends AsyncDisposable {
  /** Writes bytes at its end; the bytes may be used again when this resolves. One call at a time. */
  append(bytes: Uint8Array): Promise<void>;
}

export interface OpenFiles {
  /** Makes an empty file. Throws EEXIST where there is one. */
  create(path: string): Promise<Sink>;
}

/** Opens at most `held` and `atATime` files together, whatever the number of files that are written. */
export function createOpenFiles(held = HELD, atATime = AT_A_TIME): OpenFiles {
  let holding = 0;
  let opened = 0;
  const waiting: (() => void)[] = [];

  /** Opens a file, uses it, and closes it, when it is its turn. */
  const briefly = async (path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> => {
    if (opened >= atATime) await new Promise<void>((resolve) => waiting.push(resolve));
    else opened++;
    try {
      await using file = await open(path, flags);
      await use(file);
    } finally {
      // Whoever is next has the turn of this one.
      const next = waiting.shift();
      if (next) next();
      else opened--;
    }
  };

  const hold = async (path: string): Promise<Sink> => {
    holding++;
    try {
      const file = await open(path, "wx");
      return {
        append: (bytes) => file.writeFile(bytes),
        async [Symbol.asyncDispose]() {
          holding--;
          await file.close();
        },
      };
    } catch (error) {
      holding--;
      throw error;
    }
  };

  return {
    async create(path) {
      if (holding < held) return await hold(path);
      await briefly(path, "wx", async () => undefined);
      return {
        append: (bytes) => briefly(path, "a", (file) => file.writeFile(bytes)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}
