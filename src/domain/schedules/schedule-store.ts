/** The interface of the store of schedules and their runs. Knows nothing of databases. */
import type { Page, PageRequest } from "../page.ts";
import type { RunDocument, Schedule, ScheduleDocument, ScheduleRun, ScheduleRunState } from "./schedule.ts";

/** What changes of a schedule. Undefined stays. */
export interface ScheduleChange {
  readonly document?: ScheduleDocument;
  readonly paused?: boolean;
  readonly nextAt?: number | null;
  readonly etag?: string | null;
  readonly sha256?: string | null;
}

/** A run that begins. */
export type NewRun = Pick<ScheduleRun, "id" | "scheduleId" | "document" | "createdAt">;

/** What a holder of a run stores of it. */
export interface RunChange {
  readonly state: ScheduleRunState;
  readonly document: RunDocument;
  readonly finishedAt: number | null;
  /** Of the schedule: the table that its model is of now, unless the schedule makes another than `of` meanwhile. Undefined stays. */
  readonly known?: { readonly etag: string | null; readonly sha256: string; readonly of: string | null };
}

/** Schedules. */
export interface ScheduleStore {
  /** Stores a schedule; one with this id that exists is answered instead. Throws conflict where the project has `within` already. */
  insert(
    schedule: Pick<Schedule, "id" | "document" | "paused" | "nextAt" | "createdAt"> & { readonly within: number },
  ): Promise<Schedule>;
  /** Null for an unknown id. */
  get(id: string): Promise<Schedule | null>;
  /** Newest first. */
  list(page: PageRequest): Promise<Page<Schedule>>;
  /** Null for an unknown id. */
  change(id: string, change: ScheduleChange): Promise<Schedule | null>;
  /** Deletes it with its runs and what it knows of its source. */
  delete(id: string): Promise<boolean>;
  /** At most `limit` schedules that are due as of `now`, of every project, the longest first. */
  listDue(now: number, limit: number): Promise<readonly Schedule[]>;
  /**
   * Begins the run of a schedule that was due at `dueAt`, and says when it is due next, unless another process has. Null then, and where its
   * last run is still under way, which it leaves out.
   */
  fire(id: string, dueAt: number, nextAt: number | null, run: NewRun): Promise<ScheduleRun | null>;
}

/** Runs of schedules. */
export interface ScheduleRunStore {
  /** Begins a run that was asked for. Throws conflict while one of its schedule is under way, and not_found. */
  insert(run: NewRun): Promise<ScheduleRun>;
  /** Null for an unknown id. */
  get(id: string): Promise<ScheduleRun | null>;
  /** Of a schedule, newest first. Empty for an unknown one. */
  list(scheduleId: string, page: PageRequest): Promise<Page<ScheduleRun>>;
  /** Runs under way that nobody holds as of `now`, of every project, the oldest first, `limit` at most. */
  listFree(now: number, limit: number): Promise<readonly ScheduleRun[]>;
  /** Holds a run until a time, if it is under way and nobody holds it as of `now`. Null otherwise. */
  claim(id: string, lease: string, now: number, until: number): Promise<ScheduleRun | null>;
  /** Holds it longer. False where it was lost, or has ended. */
  renew(id: string, lease: string, until: number): Promise<boolean>;
  /**
   * Stores how far a run has come, if it is under way and held by `lease`; false otherwise. One that has ended leaves a webhook, where its
   * schedule has one, and the oldest runs of its schedule go.
   */
  save(id: string, lease: string, change: RunChange): Promise<boolean>;
  /** Lets go of it. */
  release(id: string, lease: string): Promise<void>;
  /** Lets go of every run: nobody else uses this database. */
  releaseAll(): Promise<void>;
}
