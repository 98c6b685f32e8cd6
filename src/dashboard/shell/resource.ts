/** Something read from the server: the answer, the error, and reading it again. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Resource<T> {
  /** The newest answer; it stays while a newer one is loading. Null before the first. */
  readonly data: T | null;
  /** The error of the last reading; null when it succeeded. */
  readonly error: unknown;
  readonly loading: boolean;
  reload(): void;
  /** Replaces the data, by the answer to a change for example. */
  replace(data: T): void;
}

interface Reading<T> {
  readonly data: T | null;
  readonly error: unknown;
  readonly loading: boolean;
}

/** Reads whenever one of `dependencies` changes, and aborts the reading before. */
export function useResource<T>(read: (signal: AbortSignal) => Promise<T>, dependencies: readonly unknown[]): Resource<T> {
  const [reading, setReading] = useState<Reading<T>>({ data: null, error: null, loading: true });
  const [round, setRound] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const abort = new AbortController();
    setReading((now) => ({ ...now, loading: true }));
    latest.current(abort.signal).then(
      (data) => !abort.signal.aborted && setReading({ data, error: null, loading: false }),
      (error: unknown) => !abort.signal.aborted && setReading((now) => ({ ...now, error, loading: false })),
    );
    return () => abort.abort();
  }, [...dependencies, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  const replace = useCallback((data: T) => setReading({ data, error: null, loading: false }), []);
  return { ...reading, reload, replace };
}
