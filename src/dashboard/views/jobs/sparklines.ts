/**
 * The small curves of the list, and how fast each job goes right now: read once for rows that are shown, then grown from
 * what the board hears. Bounded in requests at a time, in jobs, and in points a job.
 */
import type { Job } from "../../../client/answers.ts";
import { isTraining } from "../../jobs/job-reading.ts";
import type { JobBoard } from "../../live/board.ts";
import type { Api } from "../../shell/api.ts";
import { createStore, type Store } from "../../shell/store.ts";

export interface Trail {
  /** Epochs, ascending, and their losses; null until they are read. */
  readonly points: readonly (readonly [epoch: number, loss: number])[] | null;
  /** Epochs a second of late; null while that is not known. */
  readonly pace: number | null;
}

export interface Sparklines {
  /** The trail of a job that is shown; asks for it when it is not there yet. */
  of(job: Job): Store<Trail>;
  dispose(): void;
}

const POINTS = 48;
const MAX_POINTS = 96;
const MAX_SPARKLINES = 1000;
const REQUESTS = 3;
/** The pace is that of so much time, and of no less than the least. */
const PACE_MS = 5000;
const LEAST_PACE_MS = 900;

interface Entry {
  readonly store: Store<Trail>;
  asked: boolean;
  /** How far it was when, over the last PACE_MS. */
  readonly marks: { readonly epochs: number; readonly at: number }[];
}

export function createSparklines(api: Api, board: JobBoard): Sparklines {
  const entries = new Map<string, Entry>();
  const queue: string[] = [];
  const abort = new AbortController();
  let underWay = 0;

  const entryOf = (id: string): Entry => {
    const known = entries.get(id);
    if (known) return known;
    const entry: Entry = { store: createStore<Trail>({ points: null, pace: null }), asked: false, marks: [] };
    entries.set(id, entry);
    if (entries.size > MAX_SPARKLINES) entries.delete(entries.keys().next().value ?? "");
    return entry;
  };

  const pump = (): void => {
    // The newest asked for first: that is what is on the screen now.
    while (underWay < REQUESTS && queue.length > 0) {
      underWay++;
      void read(queue.pop() as string).finally(() => {
        underWay--;
        pump();
      });
    }
  };

  const read = async (id: string): Promise<void> => {
    const { store } = entryOf(id);
    try {
      const { epochs, series } = await api.metrics(id, { points: POINTS, series: ["loss"] }, { signal: abort.signal });
      const points = epochs.map((epoch, index) => [epoch, Number(series.loss?.[index])] as const);
      store.update((now) => ({ ...now, points: merge(points, now.points ?? []) }));
    } catch {
      // A curve that cannot be read is left out; the list says when the server is away.
      const entry = entries.get(id);
      if (entry) entry.asked = false;
    }
  };

  const stop = board.watch((message) => {
    if (message.type === "removed") return void entries.delete(message.id);
    const entry = entries.get(message.job.id);
    if (entry) advance(entry, message.job);
  });

  return {
    of(job) {
      const entry = entryOf(job.id);
      if (!entry.asked && job.epochs_done > 0) {
        entry.asked = true;
        queue.push(job.id);
        pump();
      }
      return entry.store;
    },
    dispose() {
      stop();
      abort.abort();
    },
  };
}

/** Takes in how a job is now. */
function advance({ store, marks }: Entry, job: Job): void {
  const { epochs_done: epochs, metrics } = job;
  const loss = metrics?.final.loss;
  let { points } = store.get();
  if (loss !== undefined && epochs > (points?.at(-1)?.[0] ?? 0)) points = merge(points ?? [], [[epochs, Number(loss)]]);
  const pace = isTraining(job) ? learningRateDriverOf(marks, epochs, performance.now()) : null;
  if (!isTraining(job)) marks.length = 0;
  store.set({ points, pace });
}

/** Epochs a second over the last while; null while that was too short. */
function learningRateDriverOf(marks: Entry["marks"], epochs: number, at: number): number | null {
  if (epochs !== marks.at(-1)?.epochs) marks.push({ epochs, at });
  while (marks.length > 2 && at - (marks[0]?.at ?? at) > PACE_MS) marks.shift();
  const [first] = marks;
  const last = marks.at(-1);
  if (!first || !last || last.at - first.at < LEAST_PACE_MS) return null;
  return ((last.epochs - first.epochs) / (last.at - first.at)) * 1000;
}

/** The points of both, thinned to every second one as often as there are too many. The last one stays. */
function merge(points: NonNullable<Trail["points"]>, newer: NonNullable<Trail["points"]>): NonNullable<Trail["points"]> {
  const last = points.at(-1)?.[0] ?? 0;
  let all = [...points, ...newer.filter(([epoch]) => epoch > last)];
  while (all.length > MAX_POINTS) all = all.filter((_, index) => index % 2 === 0 || index === all.length - 1);
  return all;
}
