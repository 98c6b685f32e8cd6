/** A sweep as it is now, and its trials in columns: its events announce new ones, and only trials that may have changed are read. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Sweep } from "../../../client/sweeps.ts";
import type { Api } from "../../shell/api.ts";
import { useApp } from "../../shell/app-context.ts";
import { rowsOf } from "./csv-rows.ts";
import { createTrialColumns, type TrialColumns } from "./trial-columns.ts";

/** Minimum interval between readings of trials while the sweep runs; longer if reading takes long. */
const READ_EVERY_MS = 700;
/** How long rows are added before the browser gets to draw. */
const SLICE_MS = 4;

export interface FollowedSweep {
  readonly sweep: Sweep | null;
  readonly columns: TrialColumns | null;
  /** Grows whenever the columns have changed. */
  readonly version: number;
  /** Whether the trials were read for the first time. */
  readonly known: boolean;
  readonly error: unknown;
  /** Replaces the sweep by the answer to a change of it. */
  replace(sweep: Sweep): void;
  retry(): void;
}

type State = Pick<FollowedSweep, "sweep" | "columns" | "version" | "known" | "error">;
const START: State = { sweep: null, columns: null, version: 0, known: false, error: null };

/** Follows a sweep while the component is shown. */
export function useFollowedSweep(id: string): FollowedSweep {
  const { api } = useApp();
  const [state, setState] = useState<State>(START);
  const [round, setRound] = useState(0);
  const replace = useRef((sweep: Sweep) => setState((now) => ({ ...now, sweep }))).current;
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    setState((now) => (now.sweep?.id === id ? { ...now, error: null } : START));
    follow(api, id, signal, (change) => !signal.aborted && setState((now) => ({ ...now, ...change(now) }))).catch(
      (error: unknown) => !signal.aborted && setState((now) => ({ ...now, error })),
    );
    return () => abort.abort();
  }, [api, id, round]);
  return { ...state, replace, retry: () => setRound((count) => count + 1) };
}

type Change = (change: (now: State) => Partial<State>) => void;

async function follow(api: Api, id: string, signal: AbortSignal, change: Change): Promise<void> {
  const sweep = await api.sweep(id, { signal });
  const columns = createTrialColumns(sweep.spec.trials, sweep.spec.parameters);
  change(() => ({ sweep, columns }));
  const update = async (): Promise<void> => {
    await readTrials(api, id, columns, signal);
    change(({ version }) => ({ version: version + 1, known: true }));
  };
  await update();
  if (sweep.finished_at !== null) return;
  const reader = createPacer(async () => {
    const [now] = await Promise.all([api.sweep(id, { signal }), update()]);
    change(() => ({ sweep: now }));
  });
  for await (const frame of api.watchSweep(id, { signal })) {
    if (frame.type === "progress") {
      const { type: _, seq: __, sweep: ___, at: ____, ...progress } = frame;
      // The backlog of what has been read says nothing new.
      change(({ sweep: now }) => (now && progress.done > now.progress.done ? { sweep: { ...now, progress } } : {}));
    }
    reader.ask();
  }
  await reader.last();
}

/** Runs one task at a time, not too often: requests in between are served once, afterwards. */
function createPacer(task: () => Promise<void>) {
  let running: Promise<void> | null = null;
  let isAsked = false;
  const run = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false;
      const start = performance.now();
      await task();
      await new Promise((resolve) => setTimeout(resolve, Math.max(READ_EVERY_MS, 4 * (performance.now() - start))));
    }
  };
  const ask = () => {
    isAsked = true;
    // A failed task is tried again with the next event, and for the last time at the end.
    running ??= run()
      .catch(() => undefined)
      .finally(() => {
        running = null;
      });
  };
  return {
    ask,
    /** Does the task a last time, and resolves when it is done. Rejects as the task does. */
    async last() {
      await running;
      await task();
    },
  };
}

/** Reads the trials that may have changed into the columns, a slice at a time. */
async function readTrials(api: Api, id: string, columns: TrialColumns, signal: AbortSignal): Promise<void> {
  const after = columns.settled;
  const text = await api.trialsCsv(id, after === null ? {} : { after }, { signal });
  let heading: readonly string[] | null = null;
  let since = performance.now();
  for (const row of rowsOf(text)) {
    if (heading) columns.put(heading, row);
    else heading = row;
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (signal.aborted) return;
    since = performance.now();
  }
  columns.count();
}
