/** What a turn of the event loop was spent on: samples of its stack, for whoever looks for a cause. */
import { type Profiler, Session } from "node:inspector/promises";
import type { Turn } from "./turns.ts";

/** Microseconds between two samples. */
const INTERVAL = 200;
const LINES = 14;

export interface TurnProfiler {
  /** Returns lines about the turn, the largest share first, and goes on. */
  take(turn: Turn): Promise<readonly string[]>;
}

/** Samples this thread from now on. */
export async function startProfiler(): Promise<TurnProfiler> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
  await session.post("Profiler.start");
  return {
    async take(turn) {
      const { profile } = await session.post("Profiler.stop");
      await session.post("Profiler.start");
      return shares(profile, turn);
    },
  };
}

function shares({ nodes, samples = [], timeDeltas = [], startTime }: Profiler.Profile, { from, to }: Turn): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const own = new Map<string, number>();
  const whole = new Map<string, number>();
  let at = startTime;
  let total = 0;
  samples.forEach((id, index) => {
    at += timeDeltas[index] ?? 0;
    const us = timeDeltas[index + 1] ?? 0;
    if (at < from || at > to) return;
    total += us;
    const seen = new Set<string>();
    for (let node: number | undefined = id; node !== undefined; node = parents.get(node)) {
      const name = nameOf(byId.get(node) as Profiler.ProfileNode);
      if (node === id) own.set(name, (own.get(name) ?? 0) + us);
      if (!seen.has(name)) whole.set(name, (whole.get(name) ?? 0) + us);
      seen.add(name);
    }
  });
  const list = (of: ReadonlyMap<string, number>) =>
    [...of]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, LINES)
      .map(([name, us]) => `    ${(us / 1000).toFixed(1)} ${name}`);
  const since = (us: number) => (us / 1000 - (Number(process.hrtime.bigint()) / 1e6 - performance.now())).toFixed(0);
  return [
    `  ${(total / 1000).toFixed(1)} ms, from ${since(from)} to ${since(to)} ms after the start; by itself:`,
    ...list(own),
    "  with what it calls:",
    ...list(whole),
  ];
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: Profiler.ProfileNode): string {
  const file = url.split("/").slice(-3).join("/");
  return `${functionName || "(anonymous)"} ${file}${file && `:${lineNumber + 1}`}`;
}
