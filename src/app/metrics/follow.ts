/**
 * Follow: THE stream of a job, whatever carries it. Three phases, one loop:
 *
 * 1. backfill: events after the reader's cursor are read from the store, batch by batch;
 * 2. cut-over: the reader has subscribed to the bus before its first read, so what is committed while it reads wakes it;
 * 3. live: it sleeps until woken, and reads again from its cursor. A chunk that this process has stored is at hand
 *    (`Frames.add`); where the hint said how far the sequence goes, and the reader is there, it asks the store for nothing.
 *
 * The bus only says "look again": order and completeness come from the sequence numbers of the store. The generator is
 * pulled: a slow reader holds one batch, whatever the job does meanwhile.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { isTerminal, type Job } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { endFrame, type Frame } from "./frames.ts";

export type { Frame } from "./frames.ts";

export interface FollowOptions {
  /** The last sequence number that the reader has seen; 0 for none. One from the future counts as the newest. */
  readonly after: number;
  /** Aborting it ends the stream: with an end frame when its reason is "draining", else without a word. */
  readonly signal: AbortSignal;
}

/** The reason for aborting that tells readers that the server goes down, and that they may go on elsewhere. */
export const DRAINING = "draining";

/** Yields every event of a job after the cursor exactly once, in order, then an `end` frame. `job`: as it was read just now. */
export async function* follow(services: ProjectServices, job: Job, { after, signal }: FollowOptions): AsyncGenerator<Frame> {
  const alarm = createAlarm();
  const unsubscribe = services.bus.subscribe(job.id, alarm.ring);
  signal.addEventListener("abort", alarm.wake);
  try {
    let cursor = Math.min(after, job.lastSeq);
    let isOver = isTerminal(job.state) && cursor === job.lastSeq;
    while (!isOver && !signal.aborted) {
      if (!alarm.isDue(cursor)) {
        await alarm.rung();
        continue;
      }
      const look = alarm.look();
      const frames = await framesAfter(services, job.id, cursor);
      // Deleted since its last event: there is nothing left to tell.
      if (!frames) return;
      if (frames.length === 0) look.foundNothing(cursor);
      else look.foundSome();
      for (const frame of frames) {
        if (signal.aborted) break;
        yield frame;
        cursor = frame.seq;
        isOver = frame.isLast;
      }
    }
    if (isOver || signal.reason === DRAINING) yield* lastWords(services, job, cursor, isOver);
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

async function* lastWords(services: ProjectServices, job: Job, cursor: number, isOver: boolean): AsyncGenerator<Frame> {
  // A job that had ended when the stream began is as it was.
  const now = isTerminal(job.state) ? job : await services.store.jobs.get(job.id);
  if (!now) return;
  yield endFrame(now, cursor, isOver ? (now.transitions.at(-1)?.reason ?? "") : DRAINING);
}

/**
 * What one reader was told of its job, and whether that is a reason to read on. To begin with it is: nobody has said yet how far
 * the sequence goes. No ring is lost between a look and the wait for the next: a reader waits only where nothing is due.
 */
function createAlarm() {
  /** How far the sequence goes at least, by the hints that said so. */
  let told = 0;
  /** There may be more than was told of. */
  let isUnsure = true;
  let bell = Promise.withResolvers<void>();
  return {
    ring(seq: number | undefined): void {
      if (seq === undefined) isUnsure = true;
      else told = Math.max(told, seq);
      bell.resolve();
    },
    /** Rings without a hint. */
    wake: (): void => bell.resolve(),
    isDue: (cursor: number): boolean => isUnsure || told > cursor,
    /** Resolves at the next ring. */
    rung(): Promise<void> {
      bell = Promise.withResolvers<void>();
      return bell.promise;
    },
    /** Call it before a read, and one of what it returns after it: what is told in between counts for the next one. */
    look() {
      const [wasUnsure, toldBefore] = [isUnsure, told];
      isUnsure = false;
      return {
        /** The store has all read: what was told before, of events that are not there, is no reason to look again. */
        foundNothing(cursor: number): void {
          if (told === toldBefore) told = Math.min(told, cursor);
        },
        /** A read gives a part: whoever did not know how far the sequence goes does not know it yet. */
        foundSome(): void {
          isUnsure ||= wasUnsure;
        },
      };
    },
  };
}
