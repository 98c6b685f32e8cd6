/**
 * Follow: THE stream of a job, whatever carries it. Three phases, one loop:
 *
 * 1. backfill: events after the reader's cursor are read from the store, batch by batch;
 * 2. cut-over: the reader has subscribed to the bus before its first read, so what is committed while it reads wakes it;
 * 3. live: it sleeps until woken, and reads again from its cursor.
 *
 * The bus only says "look again": order and completeness come from the sequence numbers of the store. The generator is
 * pulled: a slow reader holds one batch, whatever the job does meanwhile.
 */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import { isTerminal } from "../../domain/jobs/job.ts";
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

/** Yields every event after the cursor exactly once, in order, then an `end` frame. Throws not_found for an unknown job. */
export async function* follow(
  services: ProjectServices,
  jobId: string,
  { after, signal }: FollowOptions,
): AsyncGenerator<Frame> {
  const alarm = createAlarm();
  const unsubscribe = services.bus.subscribe(jobId, alarm.ring);
  signal.addEventListener("abort", alarm.ring);
  try {
    const job = await services.store.getJob(jobId);
    if (!job) throw notFound("job", jobId);
    let cursor = Math.min(after, job.lastSeq);
    let isOver = isTerminal(job.state) && cursor === job.lastSeq;
    while (!isOver && !signal.aborted) {
      alarm.reset();
      const frames = await framesAfter(services, jobId, cursor);
      // Deleted since its last event: there is nothing left to tell.
      if (!frames) return;
      for (const frame of frames) {
        if (signal.aborted) break;
        yield frame;
        cursor = frame.seq;
        isOver = frame.isLast;
      }
      if (frames.length === 0) await alarm.rung();
    }
    if (isOver || signal.reason === DRAINING) yield* lastWords(services, jobId, cursor, isOver);
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", alarm.ring);
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

async function* lastWords(services: ProjectServices, jobId: string, cursor: number, isOver: boolean): AsyncGenerator<Frame> {
  const job = await services.store.getJob(jobId);
  if (!job) return;
  yield endFrame(job, cursor, isOver ? (job.transitions.at(-1)?.reason ?? "") : DRAINING);
}

/** A bell that stays rung until it is reset, so that no ring between a look and the wait for the next is lost. */
function createAlarm() {
  let bell = Promise.withResolvers<void>();
  return {
    ring: (): void => bell.resolve(),
    rung: (): Promise<void> => bell.promise,
    reset(): void {
      bell = Promise.withResolvers<void>();
    },
  };
}
