/** What moments of a training say about rows: asked for once, and kept while one looks back and forth. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PredictionAnswer } from "../../client/answers.ts";
import type { Cell } from "./field.ts";
import type { Moment } from "./moments.ts";

export interface Predictions {
  /** Those of the moment, or, until they have come, those of the one before. */
  readonly answers: readonly PredictionAnswer[] | null;
  /** Of which moment they are. */
  readonly moment: string | null;
  /** Of which question they are. */
  readonly question: string | null;
  readonly error: unknown;
}

const KEPT = 256;
const NOTHING: Predictions = { answers: null, moment: null, question: null, error: null };

/** The answers of a moment to a question: `question` names the rows that `rows` gives. */
export function usePredictions(moment: Moment | null, question: string, rows: () => Cell[][]): Predictions {
  const kept = useRef(new Map<string, readonly PredictionAnswer[]>());
  const [shown, setShown] = useState<Predictions>(NOTHING);
  const ask = useRef(rows);
  ask.current = rows;
  useEffect(() => {
    if (!moment) return;
    const key = `${moment.id} ${question}`;
    const show = (answers: readonly PredictionAnswer[]) => setShown({ answers, moment: moment.id, question, error: null });
    const known = kept.current.get(key);
    if (known) {
      show(known);
      return;
    }
    const abort = new AbortController();
    moment.predict(ask.current(), abort.signal).then(
      (answers) => {
        remember(kept.current, key, answers);
        if (!abort.signal.aborted) show(answers);
      },
      (error: unknown) => !abort.signal.aborted && setShown((now) => ({ ...now, error })),
    );
    return () => abort.abort();
  }, [moment, question]);
  return shown;
}

function remember(kept: Map<string, readonly PredictionAnswer[]>, key: string, answers: readonly PredictionAnswer[]): void {
  kept.set(key, answers);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}
