/** The imports that this process is at for whoever asked, so that a stop ends them and they can still say how they ended. */
import { TrainyardError } from "../../domain/errors.ts";
import { IMPORTER_STOPPED } from "../../domain/sources/table-import.ts";

export interface ImportsUnderWay {
  /** Notes an import that `ending` ends. Returns what says that it is over, its record included. */
  begin(ending: AbortController): () => void;
  /** Ends all of them, and waits until they are over. A table that is being read already is read to its end. */
  stop(): Promise<void>;
}

/** Creates it, with none under way. */
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
