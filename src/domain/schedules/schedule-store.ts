/** The interface of the store of schedules and their runs. Knows nothing of databases. */
import type { Page, PageRequest } from "../page.ts";
import type { RunDocument, Schedule, ScheduleDocument, ScheduleRun, ScheduleRunState } from "./schedule.ts";

/** The changed fields of a schedule. Undefined fields stay. */
export interface ScheduleChange {
  readonly document?: ScheduleDocument;
  readonly paused?: boolean;
  readonly nextAt?: number | null;
  readonly etag?: string | null;
  readonly sha256?: string | null;
}

/** A run that starts. */
export type NewRun = Pick<ScheduleRun, "id" | "scheduleId" | "document" | "createdAt">;

/** What the holder of a run stores. */
export interface RunChange {
  readonly state: ScheduleRunState;
  readonly document: RunDocument;
  readonly finishedAt: number | null;
  /** For the schedule: the table of its current model, unless the schedule makes another than `of` by now. Undefined stays. */
  readonly known?: { readonly etag: string | null; readonly sha256: string; readonly of: string | null };
}

/** Schedules. */
export interface ScheduleStore {
  /** Stores a schedule, or returns the existing one with this id. Throws conflict if the project has `within` already. */
  insert(
    schedule: Pick<Schedule, "id" | "document" | "paused" | "nextAt" | "createdAt"> & { readonly within: number },
  ): Promise<Schedule>;
  /** Returns a schedule. Null for an unknown id. */
  get(id: string): Promise<Schedule | null>;
  /** Lists schedules, newest first. */
  list(page: PageRequest): Promise<Page<Schedule>>;
  /** Changes a schedule. Null for an unknown id. */
  change(id: string, change: ScheduleChange): Promise<Schedule | null>;
  /** Deletes it with its runs and what it knows of its source. */
  delete(id: string): Promise<boolean>;
  /** Lists at most `limit` schedules of every project that are due as of `now`, the longest overdue first. */
  listDue(now: number, limit: number): Promise<readonly Schedule[]>;
  /**
   * Starts the run of a schedule that was due at `dueAt`, and sets when it is due next. Null if another process has done so, and if its
   * last run is still active: then this run is skipped.
   */
  fire(id: string, dueAt: number, nextAt: number | null, run: NewRun): Promise<ScheduleRun | null>;
}

/** Runs of schedules. */
export interface ScheduleRunStore {
  /** Starts a requested run. Throws conflict while another run of the schedule is active, and not_found. */
  insert(run: NewRun): Promise<ScheduleRun>;
  /** Returns a run. Null for an unknown id. */
  get(id: string): Promise<ScheduleRun | null>;
  /** Lists the runs of a schedule, newest first. Empty for an unknown one. */
  list(scheduleId: string, page: PageRequest): Promise<Page<ScheduleRun>>;
  /** Lists at most `limit` active runs of every project that nobody holds as of `now`, oldest first. */
  listFree(now: number, limit: number): Promise<readonly ScheduleRun[]>;
  /** Leases a run until a time, if it is active and nobody holds it as of `now`. Null otherwise. */
  claim(id: string, lease: string, now: number, until: number): Promise<ScheduleRun | null>;
  /** Extends the lease. False if it was lost, or the run has ended. */
  renew(id: string, lease: string, until: number): Promise<boolean>;
  /**
   * Stores the progress of a run, if it is active and held by `lease`; false otherwise. A run that has ended leaves a webhook if its
   * schedule has one, and the oldest runs of its schedule are deleted.
   */
  save(id: string, lease: string, change: RunChange): Promise<boolean>;
  /** Releases a run. */
  release(id: string, lease: string): Promise<void>;
  /** Releases every run. For the start of the only process that uses the database. */
  releaseAll(): Promise<void>;
}
