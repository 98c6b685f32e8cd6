/** Makes a job, and so a model, of a trial: with the same bits, or, if the sweep has folds, on all rows. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { Trial } from "../../domain/sweeps/trial.ts";
import { type Submitted, submit } from "../jobs/submit.ts";
import type { ProjectServices } from "../services.ts";
import { findSweep } from "./sweep-view.ts";

/**
 * Submits the job of a trial. An existing job with this `id` is returned instead of a new one. Throws not_found, conflict for a trial
 * that failed, and what submitting a job throws.
 */
export async function promoteTrial(
  services: ProjectServices,
  sweepId: string,
  number: number,
  id?: string | undefined,
): Promise<Submitted> {
  const sweep = await findSweep(services, sweepId);
  const trial = await findTrial(services, sweepId, number);
  if (trial.state === "failed")
    throw new TrainyardError("conflict", `trial ${number} failed (${trial.reason}): promote another`);
  const source = await services.store.sweeps.readSource(sweepId);
  if (!source) throw notFound("sweep", sweepId);
  const body = await services.computePool.jobOfTrial(source, sweep.spec, trial.parameters);
  const submitted = await submit(services, body, { validateOnly: false, id });
  if ("validated" in submitted) throw new Error("a job that was to be stored was not");
  return submitted;
}

/** Returns a trial. Throws not_found for one that does not exist, or has no result yet. */
export async function findTrial({ store }: ProjectServices, sweepId: string, number: number): Promise<Trial> {
  const trial = await store.sweeps.getTrial(sweepId, number);
  if (trial) return trial;
  await findSweep({ store }, sweepId);
  throw new TrainyardError("not_found", `the sweep ${sweepId} has no trial ${number} with a result`);
}
