/** The error of a diverged run, with what went wrong first and what would not have. */
import { divergenceSentence } from "../../domain/jobs/divergence-words.ts";
import type { JobError } from "../../domain/jobs/job.ts";
import { type Diverged, diagnose } from "./diagnose.ts";

/**
 * Returns the error with what a replay of the run has shown, in place of the `cure` that its detail ends with, and as it is where a
 * replay shows nothing. Overwrites the run's memory.
 */
export function explainDivergence(error: JobError, cure: string, run: Omit<Diverged, "epoch">): JobError {
  const divergence = diagnose({ ...run, epoch: error.epoch ?? run.spec.epochs });
  if (!divergence) return error;
  return { ...error, detail: error.detail.replace(cure, divergenceSentence(divergence, cure)), divergence };
}
