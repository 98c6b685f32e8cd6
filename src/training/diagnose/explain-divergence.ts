/** The error of a diverged run, with the first failure and what would have avoided it. */
import type { Divergence } from "../../domain/jobs/divergence.ts";
import { divergenceSentence } from "../../domain/jobs/divergence-text.ts";
import type { JobError } from "../../domain/jobs/job.ts";
import { type Diverged, diagnose } from "./diagnose.ts";

interface Explained extends Omit<Diverged, "epoch"> {
  fault(error: unknown): void;
}

/**
 * Returns the error with the findings of a replay of the run, instead of the `cure` at the end of its detail. Returns it unchanged if a
 * replay finds nothing, or fails; `fault` is called with its error. Overwrites the run's memory.
 */
export function explainDivergence(error: JobError, cure: string, run: Explained): JobError {
  const divergence = diagnosed({ ...run, epoch: error.epoch ?? run.spec.epochs }, run.fault);
  if (!divergence) return error;
  return { ...error, detail: error.detail.replace(cure, divergenceSentence(divergence, cure)), divergence };
}

/** The job has already failed: an error of the replay must not hide why. */
function diagnosed(run: Diverged, fault: (error: unknown) => void): Divergence | null {
  try {
    return diagnose(run);
  } catch (error) {
    fault(error);
    return null;
  }
}
