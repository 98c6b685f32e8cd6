/** The running imports of this process, so that stopping the server ends them and they can still record how they ended. */
import { TrainyardError } from "../../domain/errors.ts";
import { IMPORTER_STOPPED } from "../../domain/sources/table-import.ts";

export interface ImportsUnderWay {
  /** Adds an import that `ending` aborts. Returns the function to call when it is over, including its record. */
  begin(ending: AbortController): () => void;
  /** Ends all of them and waits until they are over. A table that is already being read is read to its end. */
  stop(): Promise<void>;
}

/** Creates an empty registry. */
export function createImportsUnderWay(): ImportsUnderWay {
  const underWay = new Map<AbortController, Promise<void>>();
  return {
    begin(ending) {
      const { promise, resolve } = Promise.withResolvers<void>();
      underWay.set(ending, promise);
      return () => {
        underWay.delete(ending);
        resolve();
      };
    },
    async stop() {
      const why = new TrainyardError(IMPORTER_STOPPED.code, IMPORTER_STOPPED.detail);
      for (const ending of underWay.keys()) ending.abort(why);
      await Promise.all(underWay.values());
    },
  };
}
