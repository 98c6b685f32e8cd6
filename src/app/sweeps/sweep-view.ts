/** Reads sweeps for display, and tells readers and the queue when one has changed. */
import { notFound } from "../../domain/errors.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { ACTIVE_STATES, type Sweep, trialsDone } from "../../domain/sweeps/sweep.ts";
import type { SweepFilter } from "../../domain/sweeps/sweep-store.ts";
import type { ProjectServices } from "../services.ts";

/** Returns the record of a sweep. Throws not_found. */
export async function findSweep({ store }: Pick<ProjectServices, "store">, id: string): Promise<Sweep> {
  const sweep = await store.sweeps.get(id);
  if (!sweep) throw notFound("sweep", id);
  return sweep;
}

/** Lists sweeps, newest first. */
export const listSweeps = ({ store }: ProjectServices, filter: SweepFilter, page: PageRequest): Promise<Page<Sweep>> =>
  store.sweeps.list(filter, page);

/** Notifies the readers of a sweep that it has changed, and the runners of trials if it has some. Call it after the change was stored. */
export async function notifySweepChanged(
  { bus, queue }: Pick<ProjectServices, "bus" | "queue">,
  { id, state, lastSeq }: Sweep,
): Promise<void> {
  bus.publish(id, lastSeq);
  if (ACTIVE_STATES.includes(state)) await queue.enqueue(id);
}

/** The speed of a sweep, and when it will end. Null unless it runs and has a result. */
export interface SweepSpeed {
  readonly trialsPerSecond: number | null;
  readonly etaS: number | null;
}

/** Returns the speed of a sweep: the average over the time spent running. */
export function speedOf(sweep: Sweep, now: number): SweepSpeed {
  const { transitions, spec, state } = sweep;
  const done = trialsDone(sweep);
  const ms = transitions.reduce(
    (total, transition, index) =>
      transition.state === "running" ? total + Math.max(0, (transitions[index + 1]?.at ?? now) - transition.at) : total,
    0,
  );
  if (done === 0 || ms === 0) return { trialsPerSecond: null, etaS: null };
  const trialsPerSecond = Number(((1000 * done) / ms).toPrecision(4));
  const left = Math.max(0, spec.trials - done) / ((1000 * done) / ms);
  const most =
    spec.max_seconds === null ? left : Math.min(left, Math.max(0, spec.max_seconds - (now - (sweep.startedAt ?? now)) / 1000));
  return { trialsPerSecond, etaS: state === "running" ? Math.round(most * 10) / 10 : null };
}
