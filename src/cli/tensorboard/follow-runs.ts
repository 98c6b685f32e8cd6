/**
 * Keeps the event files of many jobs up to date, one pass at a time: finds the jobs, and writes new epochs. Knows no clock: the caller
 * decides when the next pass is.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ApiError, type Client, isTerminal, type Job, type Page, type PageQuery } from "../../client/index.ts";
import type { SessionEnd } from "../../formats/metrics/tensorboard-hparams.ts";
import { eventFiles } from "./event-writer.ts";
import { openRunFolder, type RunFolder, runName } from "./run-folder.ts";

/** Epochs requested at a time. */
const STRETCH = 5000;
/** A job that is further ahead than this is downsampled to `STRETCH` points a stretch: TensorBoard keeps a thousand of a run. */
const MAX_BEHIND = 10 * STRETCH;
const PAGE = 200;

/** Which jobs are followed. */
export interface RunsQuery {
  /** Only these; when left out, all that run, or start to run. */
  readonly jobs?: readonly Job[];
  readonly filter?: string | undefined;
  /** Whether jobs that had ended before are written too. */
  readonly all: boolean;
  /** How many of the newest jobs are checked. */
  readonly limit: number;
}

/** What happened to a job. */
export interface RunNews {
  readonly type: "following" | "ended" | "gone" | "unwritable";
  readonly job: string;
  readonly name: string;
  /** The name of its run in TensorBoard. */
  readonly run: string;
  /** Number of written epochs. */
  readonly epochs: number;
  /** Why its files cannot be written. */
  readonly error?: string;
}

export interface Follower {
  /**
   * Writes what is new, and returns the number of unfinished jobs. Rejects as the client does; a job that cannot be written is reported
   * once.
   */
  pass(): Promise<number>;
  /** How many jobs could not be written at their last try. */
  readonly unwritten: number;
}

interface Followed {
  job: Job;
  folder: RunFolder | null;
  isFresh: boolean;
}

/** Creates the follower of a server's jobs into a directory. */
export function followRuns(
  client: Client,
  directory: string,
  { jobs: named, filter, all, limit }: RunsQuery,
  { nowMs, tell, signal }: { nowMs: () => number; tell: (news: RunNews) => void; signal?: AbortSignal | undefined },
): Follower {
  const followed = new Map<string, Followed>();
  const finished = new Set<string>();
  const unwritten = new Set<string>();
  let isFirst = true;

  const add = (job: Job) => {
    if (finished.has(job.id)) return;
    const known = followed.get(job.id);
    if (known) Object.assign(known, { job, isFresh: true });
    else followed.set(job.id, { job, folder: null, isFresh: true });
  };

  /** Every running job, and, among the newest ones, those that wait or are new. */
  async function look(): Promise<void> {
    const running = (page: PageQuery) => client.jobs({ ...page, state: "running", filter }, { signal });
    for (const job of await list(running, Number.MAX_SAFE_INTEGER)) add(job);
    for (const job of await list((page) => client.jobs({ ...page, filter }, { signal }), limit)) {
      if (isFirst && !all && isTerminal(job.state)) finished.add(job.id);
      add(job);
    }
  }

  async function ask(id: string): Promise<Job | null> {
    return client.job(id, { signal }).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
  }

  async function write(entry: Followed): Promise<void> {
    const { job } = entry;
    const isOver = isTerminal(job.state);
    // Before its first epoch, a job's start time is not known.
    if (job.epochs_done === 0) {
      if (!isOver) return;
      tell({ type: "ended", job: job.id, name: job.name, run: runName(job), epochs: 0 });
      forget(job.id);
      return;
    }
    entry.folder ??= await openRunFolder(directory, job, nowMs());
    const { folder } = entry;
    const news = { job: job.id, name: job.name, run: runName(job) };
    let next = folder.epoch + 1;
    const isNew = folder.epoch === 0;
    while (next <= job.epochs_done) {
      signal?.throwIfAborted();
      const to = job.epochs_done - next > MAX_BEHIND ? job.epochs_done : Math.min(next + STRETCH - 1, job.epochs_done);
      await folder.append(await client.metrics(job.id, { from: next, to, points: STRETCH }, { signal }), job);
      next = to + 1;
    }
    if (isNew) tell({ type: "following", ...news, epochs: folder.epoch });
    if (!isOver) return;
    if (!folder.isEnded) {
      await folder.end(job.state as SessionEnd, job);
      tell({ type: "ended", ...news, epochs: folder.epoch });
    }
    forget(job.id);
  }

  function forget(id: string): void {
    followed.delete(id);
    finished.add(id);
  }

  /** The next pass tries again, from the files' state by then: a disk may have room again. A job that has ended is given up. */
  function setAside(entry: Followed, { message }: Error): void {
    const { job } = entry;
    entry.folder = null;
    if (!unwritten.has(job.id))
      tell({ type: "unwritable", job: job.id, name: job.name, run: runName(job), epochs: 0, error: message });
    unwritten.add(job.id);
    if (isTerminal(job.state)) forget(job.id);
  }

  return {
    get unwritten() {
      return unwritten.size;
    },
    async pass() {
      for (const entry of followed.values()) entry.isFresh = false;
      // Finish what an earlier process has started, whatever the job's state is now.
      if (isFirst && !named)
        for (const id of await idsIn(directory)) {
          const job = await ask(id);
          if (job) add(job);
        }
      if (named) for (const job of isFirst ? named : []) add(job);
      else await look();
      for (const [id, entry] of followed) {
        if (!entry.isFresh) {
          const job = await ask(id);
          if (job) entry.job = job;
          else {
            tell({ type: "gone", job: id, name: entry.job.name, run: runName(entry.job), epochs: entry.folder?.epoch ?? 0 });
            forget(id);
            continue;
          }
        }
        try {
          await write(entry);
          unwritten.delete(id);
        } catch (error) {
          if (isOfFiles(error)) setAside(entry, error);
          // Deleted since it was listed: the next pass notices.
          else if (!isMissing(error)) throw error;
        }
      }
      isFirst = false;
      return followed.size;
    },
  };
}

/** Whether the file system refused something. */
const isOfFiles = (error: unknown): error is Error =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";

const isMissing = (error: unknown) => error instanceof ApiError && error.problem.status === 404;

async function list(read: (page: PageQuery) => Promise<Page<Job>>, limit: number): Promise<Job[]> {
  const found: Job[] = [];
  let after: string | null = null;
  do {
    const page: Page<Job> = await read({ limit: Math.min(PAGE, limit - found.length), after });
    found.push(...page.data);
    after = page.next_after;
  } while (after !== null && found.length < limit);
  return found;
}

/** The ids of the jobs that have event files in the folders of a directory. */
async function idsIn(directory: string): Promise<ReadonlySet<string>> {
  const folders = await readdir(directory).catch(() => []);
  const found = await Promise.all(folders.map((name) => eventFiles(join(directory, name)).catch(() => [])));
  return new Set(found.flat().flatMap(({ id }) => (id.startsWith("job_") ? id : [])));
}
