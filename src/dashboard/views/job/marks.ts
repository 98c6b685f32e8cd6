/** The events of a job that its charts mark by epoch. Pure. */
import type { Job } from "../../../client/answers.ts";
import type { Mark } from "../../charts/plot.ts";

/**
 * Returns the epoch of the lowest loss, the one whose weights the model has if it is neither that nor the last, the one of a failure, and
 * those after which attempts resumed.
 */
export function marksOf({
  metrics,
  error,
  transitions,
  epochs_done,
}: Pick<Job, "metrics" | "error" | "transitions"> & Partial<Pick<Job, "epochs_done">>): readonly Mark[] {
  const { lowest, best: model } = metrics ?? {};
  const best = (lowest ?? model)?.epoch;
  const isOther = lowest !== undefined && model?.epoch !== undefined && ![lowest.epoch, epochs_done].includes(model.epoch);
  const resumed = transitions.flatMap(({ reason }) => resumedAfter(reason) ?? []);
  return [
    ...(best === undefined ? [] : [{ epoch: Number(best), label: "best", color: "--ok" }]),
    ...(isOther ? [{ epoch: Number(model.epoch), label: "model", color: "--ok" }] : []),
    ...(error && error.epoch !== null
      ? [{ epoch: error.epoch, label: error.code === "diverged" ? "diverged" : "failed", color: "--bad" }]
      : []),
    ...[...new Set(resumed)].map((epoch) => ({ epoch, label: "resumed", color: "--warn" })),
  ];
}

/** The epoch after which an attempt resumed, which the reason of its transition names. */
function resumedAfter(reason: string): number | null {
  const match = /\bfrom epoch (\d+)/.exec(reason);
  return match ? Number(match[1]) : null;
}
