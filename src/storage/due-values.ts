/** Writes the values that jobs are found by: some time after a job has changed, or before somebody searches for it. Knows no tables. */

export interface DueValues {
  /** Reports a change of a job whose values are written later. */
  after<T>(change: Promise<T>): Promise<T>;
  /** Writes everything that is due. Never rejects: if nothing can be written now, readers find the values written before. */
  write(): Promise<void>;
  /** Writes what is due, and stops. */
  close(): Promise<void>;
}

/** Time after which values are written, and number of changes after which they are written earlier. */
const WRITE_AFTER_MS = 500;
const MAX_CHANGES = 256;

/** Creates it over a function that writes a part of what is due, and returns whether there may be more. */
export function createDueValues(writeSome: () => Promise<boolean>): DueValues {
  // Values that the previous process left due are not known.
  let isDue = true;
  let isClosed = false;
  let changes = 0;
  let timer: NodeJS.Timeout | null = null;
  let writing = Promise.resolve();
  const stop = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
  };
  const writeAll = async (): Promise<void> => {
    try {
      while (await writeSome());
    } catch {
      // The store has reported it. The next change or reader tries again.
      isDue = true;
    }
  };
  const write = (): Promise<void> => {
    stop();
    if (isDue) {
      isDue = false;
      changes = 0;
      writing = writing.then(writeAll);
    }
    return writing;
  };
  return {
    async after(change) {
      // From the moment at which others may see it.
      isDue = true;
      const result = await change;
      isDue = true;
      if (isClosed) return result;
      if (++changes >= MAX_CHANGES) void write();
      else timer ??= setTimeout(() => void write(), WRITE_AFTER_MS).unref();
      return result;
    },
    write,
    async close() {
      isClosed = true;
      await write();
    },
  };
}

/** For a database in which values are written with every change. */
export const NEVER_DUE: DueValues = {
  after: (change) => change,
  write: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
