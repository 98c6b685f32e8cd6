/** Requests the profiles of a row shortly after it has stopped changing; those of the row before stay until then. */
import { useEffect, useState } from "preact/hooks";
import type { Model, PredictionAnswer } from "../../client/answers.ts";
import { useApp } from "../shell/app-context.ts";
import { type Reach, type VariedRows, variedRows } from "./profile.ts";
import type { RowTexts } from "./row.ts";

const WAIT_MS = 300;

export interface Varied {
  readonly rows: VariedRows;
  readonly answers: readonly PredictionAnswer[];
}

/** Null until the first answers, for a row that cannot be predicted, and if no field can be varied (`reaches` is null then). */
export function useProfiles(model: Model, modelRef: string, texts: RowTexts, reaches: readonly Reach[] | null): Varied | null {
  const { api } = useApp();
  const [varied, setVaried] = useState<Varied | null>(null);
  useEffect(() => {
    if (!reaches) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const rows = variedRows(model, texts, reaches);
      if (rows.instances.length === 0) return;
      // The answer beside the form says what is wrong with the row.
      api.predict(modelRef, rows.instances, { counted: false, signal: abort.signal }).then(
        (answers) => setVaried({ rows, answers }),
        () => !abort.signal.aborted && setVaried(null),
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, model, modelRef, texts, reaches]);
  return varied;
}
