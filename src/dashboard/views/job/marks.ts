/** What happened at which epoch of a job, for its charts. Pure. */
import type { Job } from "../../../client/answers.ts";
import type { Mark } from "../../charts/plot.ts";

/** The best epoch, where it diverged, and where attempts went on. */
export function marksOf({ metrics, error, transitions }: Pick<Job, "metrics" | "error" | "transitions">): readonly Mark[] {
  const best = metrics?.best.epoch;
  const resumed = transitions.flatMap(({ reason }) => resumedAfter(reason) ?? []);
  return [
    ...(best === undefined ? [] : [{ epoch: Number(best), label: "best", color: "--ok" }]),
    ...(error && error.epoch !== null
      ? [{ epoch: error.epoch, label: error.code === "diverged" ? "diverged" : "failed", color: "--bad" }]
      : []),
    ...[...new Set(resumed)].map((epoch) => ({ epoch, label: "resumed", color: "--warn" })),
  ];
}

/** The epoch after which an attempt went on, from the reason of its transition. */
function resumedAfter(reason: string): number | null {
  const match = /goes on from epoch (\d+)/.exec(reason);
  return match ? Number(match[1]) : null;
}
