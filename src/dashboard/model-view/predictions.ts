/** What moments of a training say about rows: asked for once, and kept while one looks back and forth. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PredictionAnswer } from "../../client/answers.ts";
import type { Cell } from "../plots/field.ts";
import type { Moment } from "./snapshots.ts";

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

/** A question put to a moment. */
interface Wish {
  readonly moment: Moment;
  readonly question: string;
  rows(): Cell[][];
}

const keyOf = ({ moment, question }: Wish): string => `${moment.id} ${question}`;

/**
 * The answers of a moment to a question: `question` names the rows that `rows` gives. One request is under way at a time, and the
 * next one is for what is wanted then: however fast moments come, and however slow answers, there is always a newer picture.
 */
export function usePredictions(moment: Moment | null, question: string, rows: () => Cell[][]): Predictions {
  const kept = useRef(new Map<string, readonly PredictionAnswer[]>());
  const [shown, setShown] = useState<Predictions>(NOTHING);
  const wanted = useRef<Wish | null>(null);
  wanted.current = moment && { moment, question, rows };
  const asking = useRef<AbortController | null>(null);
  const momentId = moment?.id;
  useEffect(() => {
    const look = (): void => {
      const wish = wanted.current;
      if (!wish || asking.current) return;
      const show = (answers: readonly PredictionAnswer[]) =>
        setShown({ answers, moment: wish.moment.id, question: wish.question, error: null });
      const known = kept.current.get(keyOf(wish));
      if (known) {
        show(known);
        return;
      }
      const abort = new AbortController();
      asking.current = abort;
      const goOn = (): void => {
        asking.current = null;
        if (wanted.current && keyOf(wanted.current) !== keyOf(wish)) look();
      };
      wish.moment.predict(wish.rows(), abort.signal).then(
        (answers) => {
          if (abort.signal.aborted) return;
          remember(kept.current, keyOf(wish), answers);
          show(answers);
          goOn();
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          setShown((now) => ({ ...now, error }));
          goOn();
        },
      );
    };
    look();
  }, [momentId, question]);
  useEffect(
    () => () => {
      wanted.current = null;
      asking.current?.abort();
    },
    [],
  );
  return shown;
}

function remember(kept: Map<string, readonly PredictionAnswer[]>, key: string, answers: readonly PredictionAnswer[]): void {
  kept.set(key, answers);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}
