/**
 * A reader who forgets nothing: what was shown once must be shown again, after every restart, in the same place; and what a job
 * has done in the end must be what an undisturbed one does.
 */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Job } from "../../src/client/answers.ts";
import { type JobState, TRANSITIONS } from "../../src/domain/jobs/job.ts";

interface EventFrame {
  readonly seq: number;
  readonly type: "state" | "metrics";
  readonly state?: JobState;
  readonly from?: number;
  readonly to?: number;
  readonly series?: Readonly<Record<string, readonly unknown[]>>;
}

interface EventPage {
  readonly data: readonly EventFrame[];
  readonly has_more: boolean;
  readonly next_after: number;
}

/** What a job trained: every series but the time that it took. */
export type Series = Readonly<Record<string, readonly unknown[]>>;

export interface Witness {
  /** Reads the events that are new since the last look. Throws when the server goes away meanwhile. */
  look(url: string, jobId: string): Promise<void>;
  /** Reads a job that has ended from its start, holds it to what was seen, and returns what it trained. */
  judge(url: string, job: Job): Promise<Series>;
}

export function createWitness(): Witness {
  /** By job: the hash of each event, in order. */
  const seen = new Map<string, string[]>();
  return {
    async look(url, jobId) {
      const known = seen.get(jobId) ?? [];
      seen.set(jobId, known);
      // The last one once more: it must be there, and the same.
      for (const frame of await readEvents(url, jobId, Math.max(0, known.length - 1))) hold(known, frame);
    },
    async judge(url, job) {
      const frames = await readEvents(url, job.id, 0);
      const known = seen.get(job.id) ?? [];
      for (const frame of frames) hold(known, frame);
      expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
      expect(known.length).toBe(frames.length);
      judgeStates(job, frames);
      return seriesOf(job, frames);
    },
  };
}

/** An event is new, the next one, or what it was before. */
function hold(known: string[], frame: EventFrame): void {
  const hash = createHash("sha256").update(JSON.stringify(frame)).digest("hex");
  const before = known[frame.seq - 1];
  if (before !== undefined) expect(hash, `event ${frame.seq} has changed`).toBe(before);
  else expect(frame.seq, "events have a gap").toBe(known.push(hash));
}

function judgeStates({ id, attempt, transitions }: Job, frames: readonly EventFrame[]): void {
  const states = frames.flatMap(({ state }) => (state ? [state] : []));
  expect(states, id).toEqual(transitions.map(({ state }) => state));
  for (const [index, state] of states.slice(1).entries()) expect(TRANSITIONS[states[index] as JobState]).toContain(state);
  expect(states.filter((state) => state === "running")).toHaveLength(attempt);
}

/** All epochs, each once and in order. */
function seriesOf({ id, epochs_done }: Job, frames: readonly EventFrame[]): Series {
  const series: Record<string, unknown[]> = {};
  let next = 1;
  for (const { type, from, to, series: part = {} } of frames) {
    if (type !== "metrics") continue;
    expect(from, `epochs of ${id}`).toBe(next);
    next = (to as number) + 1;
    for (const [name, values] of Object.entries(part)) {
      if (name === "epoch_ms") continue;
      expect(values).toHaveLength((to as number) - (from as number) + 1);
      series[name] ??= [];
      series[name].push(...values);
    }
  }
  expect(next - 1).toBe(epochs_done);
  return series;
}

async function readEvents(url: string, jobId: string, after: number): Promise<EventFrame[]> {
  const frames: EventFrame[] = [];
  for (let cursor = after; ; ) {
    const response = await fetch(`${url}/v1/jobs/${jobId}/events?after=${cursor}&limit=1000`);
    if (!response.ok) throw new Error(`events of ${jobId}: ${response.status}`);
    const page = (await response.json()) as EventPage;
    frames.push(...page.data);
    cursor = page.next_after;
    if (!page.has_more) return frames;
  }
}
