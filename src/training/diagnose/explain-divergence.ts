/** The error of a diverged run, with what went wrong first and what would not have. */
import type { Divergence } from "../../domain/jobs/divergence.ts";
import { divergenceSentence } from "../../domain/jobs/divergence-words.ts";
import type { JobError } from "../../domain/jobs/job.ts";
import { type Diverged, diagnose } from "./diagnose.ts";

interface Explained extends Omit<Diverged, "epoch"> {
  fault(error: unknown): void;
}

/**
 * Returns the error with what a replay of the run has shown, in place of the `cure` that its detail ends with, and as it is where a
 * replay shows nothing, or fails: `fault` is told of that. Overwrites the run's memory.
 */
export function explainDivergence(error: JobError, cure: string, run: Explained): JobError {
  const divergence = diagnosed({ ...run, epoch: error.epoch ?? run.spec.epochs }, run.fault);
  if (!divergence) return error;
  return { ...error, detail: error.detail.replace(cure, divergenceSentence(divergence, cure)), divergence };
}

/** The job has failed already: a fault of the replay must not hide why. */
function diagnosed(run: Diverged, fault: (error: unknown) => void): Divergence | null {
  try {
    return diagnose(run);
  } catch (error) {
    fault(error);
    return null;
  }
}
