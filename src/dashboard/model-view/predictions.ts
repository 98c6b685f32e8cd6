/** The predictions of snapshots for rows: requested once, and cached while the reader moves through the training. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PredictionAnswer } from "../../client/answers.ts";
import type { Cell } from "../plots/field.ts";
import type { Snapshot } from "./snapshots.ts";

export interface Predictions {
  /** The answers of the snapshot, or, until they have come, those of the one before. */
  readonly answers: readonly PredictionAnswer[] | null;
  /** The id of the snapshot that gave them. */
  readonly snapshot: string | null;
  /** The question that they answer. */
  readonly question: string | null;
  readonly error: unknown;
}

const MAX_KEPT = 256;
const NOTHING: Predictions = { answers: null, snapshot: null, question: null, error: null };

/** A question to a snapshot. */
interface Query {
  readonly snapshot: Snapshot;
  readonly question: string;
  rows(): Cell[][];
}

const keyOf = ({ snapshot, question }: Query): string => `${snapshot.id} ${question}`;

/**
 * Returns a snapshot's answers to a question: `question` identifies the rows that `rows` returns. One request runs at a time, and the next
 * one asks for what is wanted by then: however fast snapshots change and however slow answers are, the picture keeps moving.
 */
export function usePredictions(snapshot: Snapshot | null, question: string, rows: () => Cell[][]): Predictions {
  const kept = useRef(new Map<string, readonly PredictionAnswer[]>());
  const [shown, setShown] = useState<Predictions>(NOTHING);
  const wanted = useRef<Query | null>(null);
  wanted.current = snapshot && { snapshot, question, rows };
  const asking = useRef<AbortController | null>(null);
  const snapshotId = snapshot?.id;
  useEffect(() => {
    const ask = (): void => {
      const query = wanted.current;
      if (!query || asking.current) return;
      const show = (answers: readonly PredictionAnswer[]) =>
        setShown({ answers, snapshot: query.snapshot.id, question: query.question, error: null });
      const known = kept.current.get(keyOf(query));
      if (known) {
        show(known);
        return;
      }
      const abort = new AbortController();
      asking.current = abort;
      const askNext = (): void => {
        asking.current = null;
        if (wanted.current && keyOf(wanted.current) !== keyOf(query)) ask();
      };
      query.snapshot.predict(query.rows(), abort.signal).then(
        (answers) => {
          if (abort.signal.aborted) return;
          remember(kept.current, keyOf(query), answers);
          show(answers);
          askNext();
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          setShown((now) => ({ ...now, error }));
          askNext();
        },
      );
    };
    ask();
  }, [snapshotId, question]);
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
  if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
}
