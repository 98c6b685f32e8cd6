/** The events of a sweep as frames, for REST, SSE and WebSocket, and their stream, by the same loop as a job's. */
import { ENDED_STATES, isEnded, type Sweep, type SweepEvent, trialsDone } from "../../domain/sweeps/sweep.ts";
import { type FollowOptions, followEvents } from "../metrics/follow.ts";
import type { EventFrame, Frame } from "../metrics/frames.ts";
import type { EventPage } from "../metrics/history.ts";
import type { ProjectServices } from "../services.ts";
import { findSweep } from "./sweep-view.ts";

/** Events read at a time: each is a few hundred bytes. */
const BATCH_FRAMES = 256;

const encoder = new TextEncoder();

/** Yields every event of a sweep after the cursor exactly once, in order, then an `end` frame. `sweep` must have just been read. */
export function followSweep(services: ProjectServices, sweep: Sweep, options: FollowOptions): AsyncGenerator<Frame> {
  const { id, lastSeq, state } = sweep;
  return followEvents(
    services,
    {
      id,
      lastSeq,
      isOver: isEnded(state),
      read: (cursor) => readFrames(services, sweep, cursor, BATCH_FRAMES),
      end: async (cursor, reason) => {
        const now = isEnded(state) ? sweep : await services.store.sweeps.get(id);
        return now && endFrame(now, cursor, reason ?? now.transitions.at(-1)?.reason ?? "");
      },
    },
    options,
  );
}

/** Returns the frames that a stream would send after `after`, at most `limit` of them. Throws not_found. */
export async function readSweepEvents(
  services: ProjectServices,
  id: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<EventPage> {
  const sweep = await findSweep(services, id);
  const frames = (await readFrames(services, sweep, after, limit)) ?? [];
  const nextAfter = frames.at(-1)?.seq ?? after;
  return { frames, hasMore: nextAfter < sweep.lastSeq, nextAfter };
}

/** Null when the sweep was deleted. */
async function readFrames(
  { store }: ProjectServices,
  { id, spec }: Sweep,
  after: number,
  limit: number,
): Promise<readonly EventFrame[] | null> {
  const events = await store.sweeps.readEvents(id, after, limit);
  if (events.length === 0 && !(await store.sweeps.get(id))) return null;
  return events.map((event) => encodeEvent(id, spec.trials, event));
}

function encodeEvent(sweep: string, total: number, event: SweepEvent): EventFrame {
  const { type, seq, at: ms } = event;
  const at = new Date(ms).toISOString();
  if (type === "state") {
    const { state, reason } = event;
    const json = encoder.encode(JSON.stringify({ type, sweep, seq, state, at, reason }));
    return { type, seq, json, isLast: ENDED_STATES.includes(state) };
  }
  const { succeeded, pruned, failed, generation, best } = event;
  const progress = { done: trialsDone(event), total, succeeded, pruned, failed, generation, best };
  return { type, seq, json: encoder.encode(JSON.stringify({ type, sweep, seq, at, ...progress })), isLast: false };
}

function endFrame({ id, state, best, isPromoted, bestJobId, error }: Sweep, seq: number, reason: string): Frame {
  const job = isPromoted ? bestJobId : null;
  return {
    type: "end",
    seq,
    json: encoder.encode(JSON.stringify({ type: "end", sweep: id, seq, state, reason, best, job, error })),
  };
}
