/**
 * A list of jobs, newest first, that grows by pages and follows changes. New jobs wait while the reader has scrolled down, so that
 * nothing moves under the pointer. It holds ids; the jobs are on the board.
 */
import type { Job } from "../../../client/answers.ts";
import type { JobState } from "../../../domain/jobs/job.ts";
import type { JobBoard } from "../../live/board.ts";
import type { Api } from "../../shell/api.ts";
import { createStore, type Store } from "../../shell/store.ts";

export interface JobListState {
  /** Newest first. */
  readonly ids: readonly string[];
  /** New jobs that are not shown yet. */
  readonly waiting: readonly string[];
  /** Whether the first page was read. */
  readonly known: boolean;
  readonly loading: boolean;
  readonly error: unknown;
  readonly hasMore: boolean;
}

export interface JobList {
  readonly state: Store<JobListState>;
  /** Reads the newest page again; known older jobs stay. */
  reload(): Promise<void>;
  /** Reads the next page. */
  loadMore(): Promise<void>;
  /** Sets whether new jobs wait (true) or are shown at once. */
  hold(holds: boolean): void;
  dispose(): void;
}

export const PAGE_JOBS = 100;
const EMPTY: JobListState = { ids: [], waiting: [], known: false, loading: true, error: null, hasMore: false };

/** How long changes of jobs are collected before a list that the server filters is read again. */
const FILTERED_MS = 3000;

/** Creates the list of jobs in one state or all, optionally with conditions (docs/finding.md). */
export function createJobList(api: Api, board: JobBoard, filter: JobState | null, conditions = ""): JobList {
  const state = createStore<JobListState>(EMPTY);
  const abort = new AbortController();
  // Jobs that changed while the newest page is being read, which may not have them; null at other times.
  let arrived: Set<string> | null = null;
  let holds = false;
  /** Number of the newest reading, and of the newest answered one. */
  let [rounds, answered] = [0, 0];
  let cursor: string | null = null;
  let later: ReturnType<typeof setTimeout> | undefined;

  const belongs = (job: Job) => filter === null || job.state === filter;
  const read = async (after: string | null) => {
    state.update((now) => ({ ...now, loading: true, error: null }));
    try {
      const query = { after, limit: PAGE_JOBS, state: filter ?? undefined, filter: conditions || undefined };
      const page = await api.jobs(query, { signal: abort.signal });
      for (const job of page.data) board.put(job);
      // Some may have changed or gone since the page was read.
      const now = page.data.map(({ id }) => board.get(id)).filter((job) => job !== undefined);
      return { ...page, data: now.filter(belongs) };
    } catch (error) {
      if (!abort.signal.aborted) state.update((now) => ({ ...now, loading: false, error }));
      return null;
    }
  };

  const stop = board.watch((message) => {
    const id = message.type === "job" ? message.job.id : message.id;
    const { ids, waiting, hasMore, known } = state.get();
    const isListed = ids.includes(id);
    if (message.type === "removed" || !belongs(message.job)) {
      arrived?.delete(id);
      if (isListed || waiting.includes(id)) state.update((now) => without(now, id));
      return;
    }
    if (conditions !== "") {
      // Only the server knows whether it meets them, or still does.
      later ??= setTimeout(() => {
        later = undefined;
        void list.reload();
      }, FILTERED_MS);
      return;
    }
    arrived?.add(id);
    // A job older than the list comes with its page.
    if (!known || isListed || waiting.includes(id) || (hasMore && id < (ids.at(-1) ?? ""))) return;
    if (holds && id > (ids[0] ?? "")) state.update((now) => ({ ...now, waiting: [...now.waiting, id] }));
    else state.update((now) => ({ ...now, ids: newestFirst([...now.ids, id]) }));
  });

  const list: JobList = {
    state,
    async reload() {
      rounds += 1;
      const round = rounds;
      const told = new Set<string>();
      arrived = told;
      const page = await read(null);
      if (arrived === told) arrived = null;
      // The answer to a later reading may have come first.
      if (!page || round < answered) return;
      answered = round;
      const fresh = page.data.map(({ id }) => id);
      const oldest = fresh.at(-1) ?? "";
      // The page replaces what it covers; older known jobs stay, unless it is the last page.
      const kept = page.has_more ? state.get().ids.filter((id) => id < oldest) : [];
      if (kept.length === 0) cursor = page.next_after;
      const hasMore = kept.length === 0 ? page.has_more : state.get().hasMore;
      const young = [...told].filter((id) => !page.has_more || id > oldest);
      const ids = newestFirst([...new Set([...young, ...fresh, ...kept])]);
      state.set({ ids, waiting: [], known: true, loading: false, error: null, hasMore });
    },
    async loadMore() {
      const { loading, hasMore } = state.get();
      if (loading || !hasMore) return;
      const page = await read(cursor);
      if (!page) return;
      cursor = page.next_after;
      const ids = newestFirst([...new Set([...state.get().ids, ...page.data.map(({ id }) => id)])]);
      state.update((now) => ({ ...now, ids, loading: false, hasMore: page.has_more }));
    },
    hold(next) {
      holds = next;
      const { waiting } = state.get();
      if (next || waiting.length === 0) return;
      state.update((now) => ({ ...now, ids: newestFirst([...now.ids, ...now.waiting]), waiting: [] }));
    },
    dispose() {
      clearTimeout(later);
      stop();
      abort.abort();
    },
  };
  return list;
}

/** Sorts ids by creation: they are UUIDv7. */
const newestFirst = (ids: readonly string[]): string[] => [...ids].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));

function without(state: JobListState, id: string): JobListState {
  const others = (ids: readonly string[]) => ids.filter((each) => each !== id);
  return { ...state, ids: others(state.ids), waiting: others(state.waiting) };
}
