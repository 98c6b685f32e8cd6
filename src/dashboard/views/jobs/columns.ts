/** The columns of the table of jobs: their widths, their sort values, and which are shown. Pure except for what the browser stores. */
import type { Job } from "../../../client/answers.ts";
import { searchOf } from "../../../client/search.ts";
import { isTraining, meanSpeed, resultEpoch, scoreOf, trainedSeconds } from "../../jobs/job-reading.ts";

export type ColumnKey = "name" | "state" | "progress" | "loss" | "score" | "pace" | "time" | "parameters" | "created";

export interface JobColumn {
  readonly key: ColumnKey;
  readonly title: string;
  /** A track of the grid. */
  readonly width: string;
  readonly numeric?: boolean;
  /** Screens narrower than this many px have no room for it; phones have rows of their own. */
  readonly from?: number;
  /** Whether the first click shows the greatest first. */
  readonly descends?: boolean;
  /** The value to sort by; null comes last in both directions. */
  sortBy(job: Job, now: number): number | string | null;
}

const finite = (value: unknown): number | null => {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? number : null;
};

/** The loss that a row shows: of the validation rows if there are any. */
export function shownLoss(job: Job): { readonly value: unknown; readonly isHeld: boolean } {
  const result = searchOf(job.spec) ? (job.metrics?.final ?? {}) : resultEpoch(job);
  return result.val_loss === undefined ? { value: result.loss, isHeld: false } : { value: result.val_loss, isHeld: true };
}

export const JOB_COLUMNS: readonly JobColumn[] = [
  { key: "name", title: "Job", width: "minmax(140px, 2.2fr)", sortBy: ({ name }) => name.toLowerCase() },
  { key: "state", title: "State", width: "112px", sortBy: ({ state }) => state },
  { key: "progress", title: "Epochs", width: "minmax(104px, 0.6fr)", descends: true, sortBy: (job) => job.epochs_done },
  { key: "loss", title: "Loss", width: "164px", from: 901, sortBy: (job) => finite(shownLoss(job).value) },
  {
    key: "score",
    title: "Score",
    width: "124px",
    numeric: true,
    descends: true,
    sortBy: (job) => finite(scoreOf(job)?.value),
  },
  { key: "pace", title: "Speed", width: "76px", numeric: true, from: 1181, descends: true, sortBy: meanSpeed },
  {
    key: "time",
    title: "Time",
    width: "84px",
    numeric: true,
    from: 901,
    descends: true,
    sortBy: (job, now) => (isTraining(job) || job.epochs_done > 0 ? trainedSeconds(job, now) : null),
  },
  {
    key: "parameters",
    title: "Parameters",
    width: "92px",
    numeric: true,
    from: 1181,
    descends: true,
    sortBy: (job) => job.parameters,
  },
  { key: "created", title: "Created", width: "76px", numeric: true, from: 1181, descends: true, sortBy: ({ id }) => id },
];

/** The columns that are hidden at first. */
const HIDDEN: readonly ColumnKey[] = ["parameters"];
const STORED = "trainyard.jobs.hidden";

/** Reads which columns are hidden from this browser's storage. */
export function readHidden({ localStorage }: Window): ReadonlySet<string> {
  try {
    return new Set(JSON.parse(localStorage.getItem(STORED) ?? JSON.stringify(HIDDEN)) as string[]);
  } catch {
    return new Set(HIDDEN);
  }
}

/** Stores which columns are hidden, if the browser allows it. */
export function rememberHidden({ localStorage }: Window, hidden: ReadonlySet<string>): void {
  try {
    localStorage.setItem(STORED, JSON.stringify([...hidden]));
  } catch {
    // A browser without storage shows the chosen columns until it is closed.
  }
}

/** Returns the columns that are shown on a screen of this width. */
export function columnsShown(hidden: ReadonlySet<string>, widthPx: number): readonly JobColumn[] {
  return JOB_COLUMNS.filter(({ key, from = 0 }) => key === "name" || (!hidden.has(key) && widthPx >= from));
}

/** An order of the table; null is the newest first. */
export interface JobOrder {
  readonly column: JobColumn;
  readonly descending: boolean;
}

/** Reads an order from the address: `score` or, the greatest first, `-score`. */
export function orderOf(text: string | null): JobOrder | null {
  const column = JOB_COLUMNS.find(({ key }) => key === text?.replace(/^-/, ""));
  return column ? { column, descending: text?.startsWith("-") ?? false } : null;
}

/** Returns the address after a click on a column: its first direction, the other, then none. */
export function nextOrder(order: JobOrder | null, { key, descends = false }: JobColumn): string | null {
  const isSame = order?.column.key === key;
  if (isSame && order.descending !== descends) return null;
  const descending = isSame ? !descends : descends;
  return descending ? `-${key}` : key;
}

/** Returns jobs in an order; those without a value come last, and equal ones keep their order. */
export function sortJobs(jobs: readonly Job[], { column, descending }: JobOrder, now: number): Job[] {
  const sign = descending ? -1 : 1;
  const keyed = jobs.map((job) => ({ job, value: column.sortBy(job, now) }));
  keyed.sort(({ value: a }, { value: b }) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return a < b ? -sign : a > b ? sign : 0;
  });
  return keyed.map(({ job }) => job);
}
