/**
 * The sparklines of the list, and each job's current speed: read once for shown rows, then extended by the board's changes. Bounded in
 * concurrent requests, in jobs, and in points per job.
 */
import type { Job } from "../../../client/answers.ts";
import { isTraining } from "../../jobs/job-reading.ts";
import type { JobBoard } from "../../live/board.ts";
import type { Api } from "../../shell/api.ts";
import { createStore, type Store } from "../../shell/store.ts";

export interface JobCurve {
  /** Epochs, ascending, and their losses, of validation rows where there are any; null until they are read. */
  readonly points: readonly (readonly [epoch: number, loss: number])[] | null;
  /** Recent epochs per second; null while that is not known. */
  readonly speed: number | null;
}

export interface Sparklines {
  /** Returns the curve of a job that is shown, and requests it when it is not known yet. */
  of(job: Job): Store<JobCurve>;
  dispose(): void;
}

const POINTS = 48;
const MAX_POINTS = 96;
const MAX_SPARKLINES = 1000;
/** Requests that are under way at the same time. */
const CONCURRENCY = 3;
/** Maximum and minimum time over which the speed is measured. */
const SPEED_WINDOW_MS = 5000;
const MIN_SPEED_WINDOW_MS = 900;

interface Entry {
  readonly store: Store<JobCurve>;
  /** The series of its curve: the validation loss where there is one. */
  series: "loss" | "val_loss";
  asked: boolean;
  /** Completed epochs and their times, over the last SPEED_WINDOW_MS. */
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
    const entry: Entry = {
      store: createStore<JobCurve>({ points: null, speed: null }),
      series: "loss",
      asked: false,
      marks: [],
    };
    entries.set(id, entry);
    if (entries.size > MAX_SPARKLINES) entries.delete(entries.keys().next().value ?? "");
    return entry;
  };

  const pump = (): void => {
    // The newest request first: its row is on the screen now.
    while (underWay < CONCURRENCY && queue.length > 0) {
      underWay++;
      void read(queue.pop() as string).finally(() => {
        underWay--;
        pump();
      });
    }
  };

  const read = async (id: string): Promise<void> => {
    const { store, series: name } = entryOf(id);
    try {
      const { epochs, series } = await api.metrics(id, { points: POINTS, series: [name] }, { signal: abort.signal });
      const points = epochs.map((epoch, index) => [epoch, Number(series[name]?.[index])] as const);
      store.update((now) => ({ ...now, points: merge(points, now.points ?? []) }));
    } catch {
      // A curve that cannot be read is omitted; the page says when the server does not answer.
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
        entry.series = job.metrics?.final.val_loss === undefined ? "loss" : "val_loss";
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

/** Extends a curve by the newest version of its job. */
function advance({ store, series, marks }: Entry, job: Job): void {
  const { epochs_done: epochs, metrics } = job;
  const loss = metrics?.final[series];
  let { points } = store.get();
  if (loss !== undefined && epochs > (points?.at(-1)?.[0] ?? 0)) points = merge(points ?? [], [[epochs, Number(loss)]]);
  const speed = isTraining(job) ? speedOf(marks, epochs, performance.now()) : null;
  if (!isTraining(job)) marks.length = 0;
  store.set({ points, speed });
}

/** Epochs per second over the window; null while it is too short. */
function speedOf(marks: Entry["marks"], epochs: number, at: number): number | null {
  if (epochs !== marks.at(-1)?.epochs) marks.push({ epochs, at });
  while (marks.length > 2 && at - (marks[0]?.at ?? at) > SPEED_WINDOW_MS) marks.shift();
  const [first] = marks;
  const last = marks.at(-1);
  if (!first || !last || last.at - first.at < MIN_SPEED_WINDOW_MS) return null;
  return ((last.epochs - first.epochs) / (last.at - first.at)) * 1000;
}

/** The points of both; while there are too many, every second one is dropped. The last one stays. */
function merge(
  points: NonNullable<JobCurve["points"]>,
  newer: NonNullable<JobCurve["points"]>,
): NonNullable<JobCurve["points"]> {
  const last = points.at(-1)?.[0] ?? 0;
  let all = [...points, ...newer.filter(([epoch]) => epoch > last)];
  while (all.length > MAX_POINTS) all = all.filter((_, index) => index % 2 === 0 || index === all.length - 1);
  return all;
}
