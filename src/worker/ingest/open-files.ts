/**
 * Files that are written while their bytes arrive, with a bounded number open at a time. A slow sender would hold a descriptor besides its
 * connection for as long as it likes. So only the first few files stay open, and every other one is opened for each chunk.
 */
import { type FileHandle, open } from "node:fs/promises";

/** Number of files that stay open while they are written, and of those that may be open for a chunk at the same time. */
const HELD = 24;
const AT_A_TIME = 8;

/** A file that grows. */
export interface Sink extends AsyncDisposable {
  /** Appends bytes, which may be reused when this resolves. One call at a time. */
  append(bytes: Uint8Array): Promise<void>;
}

export interface OpenFiles {
  /** Creates an empty file. Throws EEXIST if it exists. */
  create(path: string): Promise<Sink>;
}

/** Keeps at most `held` and `atATime` files open, however many are written. */
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
      // The next one in the queue takes over this slot.
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
