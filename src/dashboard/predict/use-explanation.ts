/** Explains the prediction of a row, shortly after the row has stopped changing; the last explanation stays until then. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Explanation, Model } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import { useApp } from "../shell/app-context.ts";
import { instanceOf, type RowTexts } from "./row.ts";

const WAIT_MS = 300;
/** Larger models are explained on request. */
const FAST_PARAMETERS = 100_000;
const FAST_COLUMNS = 24;
/** An explanation that took longer is not repeated with every change. */
const SLOW_MS = 1500;

/** An explanation, or why there is none. */
export interface Explained {
  readonly explanation: Explanation | null;
  readonly error: unknown;
  /** Whether explanations are requested: automatically if they are fast. */
  readonly isAsked: boolean;
  ask(): void;
}

const NOTHING = { explanation: null, error: null };

/** The explanation of the row's prediction. It needs the training rows: `hasBackground`. */
export function useExplanation(model: Model, modelRef: string, texts: RowTexts, hasBackground: boolean): Explained {
  const { api } = useApp();
  const [state, setState] = useState<Pick<Explained, "explanation" | "error">>(NOTHING);
  const [isAsked, setAsked] = useState(
    () => model.parameters <= FAST_PARAMETERS && (model.inputs?.length ?? Number.POSITIVE_INFINITY) <= FAST_COLUMNS,
  );
  const isSlow = useRef(false);
  useEffect(() => {
    if (!isAsked || !hasBackground) return;
    if (isSlow.current) {
      isSlow.current = false;
      setAsked(false);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const start = performance.now();
      api.predict(modelRef, [instanceOf(model, texts)], { counted: false, explain: {}, signal: abort.signal }).then(
        ([answer]) => {
          setState({ explanation: answer?.explanation ?? null, error: null });
          isSlow.current = performance.now() - start > SLOW_MS;
        },
        // The answer beside the form says what is wrong with the row.
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const isOfRow =
            error instanceof ApiError && (error.problem.errors ?? []).some(({ pointer }) => pointer.startsWith("/instances"));
          setState(isOfRow ? NOTHING : { explanation: null, error });
        },
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, model, modelRef, texts, isAsked, hasBackground]);
  return { ...state, isAsked, ask: () => setAsked(true) };
}
