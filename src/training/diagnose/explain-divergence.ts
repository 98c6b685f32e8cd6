/** The error of a diverged run, with what went wrong first and what would not have. */
import type { JobError } from "../../domain/jobs/job.ts";
import { type Diverged, diagnose } from "./diagnose.ts";
import { divergenceText } from "./divergence-text.ts";

/** Returns the error with what a replay of the run has shown, and as it is where that shows nothing. Overwrites the run's memory. */
export function explainDivergence(error: JobError, run: Omit<Diverged, "epoch">): JobError {
  const divergence = diagnose({ ...run, epoch: error.epoch ?? run.spec.epochs });
  return divergence ? { ...error, detail: divergenceText(error.detail, divergence), divergence } : error;
}
