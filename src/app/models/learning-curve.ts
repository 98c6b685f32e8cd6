/** Submits the job that shows whether more data would help a model, by training it again on growing parts of its rows. */
import { invalid } from "../../domain/errors.ts";
import type { LearningCurveRequest } from "../../domain/explanations/learning-curve.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { JobView } from "../jobs/job-view.ts";
import type { ProjectServices } from "../services.ts";
import { askJob } from "./ask-job.ts";

/**
 * Queues the job, or returns the existing job with this id. Throws not_found, conflict for a model whose training cannot be repeated or
 * that a search has found, and invalid if no rows are held out, for too few rows, and for more work than one job may take.
 */
export function askLearningCurve(
  services: ProjectServices,
  ref: string,
  request: LearningCurveRequest,
  id: string | undefined,
): Promise<JobView> {
  return askJob(services, ref, {
    id,
    noSearch:
      "the model is the average of a search, which would have to be repeated for each number of rows: train one network of its leaderboard as a separate job, and ask about its model",
    async admit(run, model) {
      const { sizes, repeats } = request;
      const admitted = await services.computePool.admitLearningCurve(run, model, request);
      if (!admitted.ok) throw invalid(admitted.errors);
      return {
        name: request.name ?? `more data for ${model.name}`,
        trainings: admitted.trainings,
        // While a part of the rows is encoded, all of them are in memory: at most as much again as the job itself.
        extraBytes: run.job.memoryBytes,
        question: {
          learning_curve: {
            ...{ model: model.id, sha256: model.sha256, epochs: trainedSpec(run.job.spec).epochs, sizes, repeats },
          },
        },
      };
    },
  });
}
