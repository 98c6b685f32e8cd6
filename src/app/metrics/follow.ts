/**
 * Follows a job, or anything with a sequence of events: the one stream of them, for every transport. Three phases, one loop:
 *
 * 1. backfill: read the events after the reader's cursor from the store, batch by batch;
 * 2. cut-over: the reader subscribes to the bus before its first read, so that events committed during the read wake it;
 * 3. live: sleep until woken, and read again from the cursor. A chunk that this process has stored is in memory
 *    (`Frames.add`). A reader that has reached the sequence number of the hint does not query the store.
 *
 * The bus only says "read again"; order and completeness come from the sequence numbers of the store. The generator is
 * pulled, so a slow reader holds one batch, whatever the job does meanwhile.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { isTerminal, type Job } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { type EventFrame, endFrame, type Frame } from "./frames.ts";

export type { Frame } from "./frames.ts";

export interface FollowOptions {
  /** The last sequence number that the reader has seen; 0 for none. A number beyond the newest counts as the newest. */
  readonly after: number;
  /** Aborting it ends the stream: with an end frame when the reason is "draining", else without one. */
  readonly signal: AbortSignal;
}

/** The abort reason that tells readers that the server is shutting down, and that they can continue at another one. */
export const DRAINING = "draining";

/** What is followed: a sequence of events without a gap, and what it says at its end. */
export interface Followed {
  readonly id: string;
  /** The sequence number of the newest event, and whether it is the last, as they were just read. */
  readonly lastSeq: number;
  readonly isOver: boolean;
  /** Returns the next frames after a sequence number; null when what is followed was deleted. */
  read(cursor: number): Promise<readonly EventFrame[] | null>;
  /** Returns the frame that ends the stream; `reason` overrides that of the last event. Null when what is followed was deleted. */
  end(cursor: number, reason: string | null): Promise<Frame | null>;
}

/** Yields every event of a job after the cursor exactly once, in order, then an `end` frame. `job` must have just been read. */
export function follow(services: ProjectServices, job: Job, options: FollowOptions): AsyncGenerator<Frame> {
  const isOver = isTerminal(job.state);
  const followed: Followed = {
    id: job.id,
    lastSeq: job.lastSeq,
    isOver,
    read: (cursor) => framesAfter(services, job.id, cursor),
    end: async (cursor, reason) => {
      // A job that had already ended when the stream began has not changed.
      const now = isOver ? job : await services.store.jobs.get(job.id);
      return now && endFrame(now, cursor, reason ?? now.transitions.at(-1)?.reason ?? "");
    },
  };
  return followEvents(services, followed, options);
}

/** Yields every event after the cursor exactly once, in order, then an `end` frame. */
export async function* followEvents(
  { bus }: Pick<ProjectServices, "bus">,
  { id, lastSeq, isOver: wasOver, read: readFrames, end }: Followed,
  { after, signal }: FollowOptions,
): AsyncGenerator<Frame> {
  const alarm = createAlarm();
  const unsubscribe = bus.subscribe(id, alarm.ring);
  signal.addEventListener("abort", alarm.wake);
  try {
    let cursor = Math.min(after, lastSeq);
    let isOver = wasOver && cursor === lastSeq;
    while (!isOver && !signal.aborted) {
      if (!alarm.isDue(cursor)) {
        await alarm.rung();
        continue;
      }
      const read = alarm.beginRead();
      const frames = await readFrames(cursor);
      // It was deleted after its last event: the stream ends without an end frame.
      if (!frames) return;
      if (frames.length === 0) read.foundNothing(cursor);
      else read.foundSome();
      for (const frame of frames) {
        if (signal.aborted) break;
        yield frame;
        cursor = frame.seq;
        isOver = frame.isLast;
      }
    }
    if (!isOver && signal.reason !== DRAINING) return;
    const last = await end(cursor, isOver ? null : DRAINING);
    if (last) yield last;
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", alarm.wake);
  }
}

async function framesAfter({ frames }: ProjectServices, jobId: string, cursor: number) {
  try {
    return await frames.read(jobId, cursor);
  } catch (error) {
    if (error instanceof TrainyardError && error.code === "not_found") return null;
    throw error;
  }
}

/**
 * Tracks the hints to one reader, and whether they are a reason to read. At first a read is always due, because no hint has
 * given a sequence number yet. No hint is lost between a read and the wait for the next: a reader waits only when nothing is due.
 */
function createAlarm() {
  /** The highest sequence number of a hint. */
  let hinted = 0;
  /** Whether there may be events beyond `hinted`. */
  let isUnsure = true;
  let bell = Promise.withResolvers<void>();
  return {
    ring(seq: number | undefined): void {
      if (seq === undefined) isUnsure = true;
      else hinted = Math.max(hinted, seq);
      bell.resolve();
    },
    /** Wakes the reader without a hint. */
    wake: (): void => bell.resolve(),
    isDue: (cursor: number): boolean => isUnsure || hinted > cursor,
    /** Resolves at the next hint or `wake`. */
    rung(): Promise<void> {
      bell = Promise.withResolvers<void>();
      return bell.promise;
    },
    /** Call this before a read, and one of the returned functions after it. Hints in between count for the next read. */
    beginRead() {
      const [wasUnsure, hintedBefore] = [isUnsure, hinted];
      isUnsure = false;
      return {
        /** The reader has all stored events: an earlier hint of events that do not exist is no reason to read again. */
        foundNothing(cursor: number): void {
          if (hinted === hintedBefore) hinted = Math.min(hinted, cursor);
        },
        /** A read may return only a part: if the end of the sequence was unknown before, it still is. */
        foundSome(): void {
          isUnsure ||= wasUnsure;
        },
      };
    },
  };
}
