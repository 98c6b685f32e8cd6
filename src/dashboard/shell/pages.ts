/** Lists that are read page by page. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Page } from "../../client/answers.ts";

export interface Pages<T> {
  /** Null before the first page. */
  readonly items: readonly T[] | null;
  readonly hasMore: boolean;
  readonly loading: boolean;
  readonly error: unknown;
  loadMore(): void;
  /** Reads the first page again. */
  reload(): void;
}

interface Read<T> {
  readonly items: readonly T[] | null;
  readonly after: string | null;
  readonly hasMore: boolean;
  readonly loading: boolean;
  readonly error: unknown;
}

/** Reads a list page by page, and from the first page again when one of `dependencies` changes. */
export function usePages<T>(
  read: (after: string | null, signal: AbortSignal) => Promise<Page<T>>,
  dependencies: readonly unknown[],
): Pages<T> {
  const [state, setState] = useState<Read<T>>({ items: null, after: null, hasMore: false, loading: true, error: null });
  const [round, setRound] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  const abort = useRef(new AbortController());
  const load = useCallback((before: readonly T[], after: string | null) => {
    const { signal } = abort.current;
    setState((now) => ({ ...now, loading: true, error: null }));
    latest.current(after, signal).then(
      ({ data, has_more, next_after }) => {
        if (signal.aborted) return;
        setState({ items: [...before, ...data], after: next_after, hasMore: has_more, loading: false, error: null });
      },
      (error: unknown) => !signal.aborted && setState((now) => ({ ...now, loading: false, error })),
    );
  }, []);
  useEffect(() => {
    abort.current = new AbortController();
    load([], null);
    return () => abort.current.abort();
  }, [...dependencies, round]);
  const { items, hasMore, loading, error } = state;
  return {
    items,
    hasMore,
    loading,
    error,
    loadMore: () => load(state.items ?? [], state.after),
    reload: () => setRound((count) => count + 1),
  };
}
