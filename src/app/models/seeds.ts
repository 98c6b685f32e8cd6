/** Submits the job that shows how much a model's score depends on its seed, and reads the result of such a job. */
import { invalid } from "../../domain/errors.ts";
import type { SeedSpread, SeedsRequest } from "../../domain/explanations/seeds.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { Model } from "../../domain/models/model.ts";
import { COMPARED_FIGURES } from "../../domain/models/score-comparison.ts";
import type { JobView } from "../jobs/job-view.ts";
import type { ProjectServices } from "../services.ts";
import { askJob } from "./ask-job.ts";

/**
 * Queues the job, or returns the existing job with this id. Throws not_found, conflict for a model whose training cannot be repeated or
 * that a search has found, and invalid if no rows are held out and for more work than one job may take.
 */
export function askSeeds(
  services: ProjectServices,
  ref: string,
  request: SeedsRequest,
  id: string | undefined,
): Promise<JobView> {
  return askJob(services, ref, {
    id,
    noSearch:
      "the model is the average of a search, which would have to be repeated for each seed: train one network of its leaderboard as a separate job, and ask about its model",
    async admit(run, model) {
      const count = request.seeds;
      const admitted = await services.computePool.admitSeeds(run, model, request);
      if (!admitted.ok) throw invalid(admitted.errors);
      return {
        name: request.name ?? `seeds of ${model.name}`,
        trainings: count + 1,
        // The results of all trainings: each figure's value and its values by block of rows, float32.
        extraBytes: 4 * (count + 1) * COMPARED_FIGURES.length * (admitted.blocks + 1),
        question: {
          seeds: { model: model.id, sha256: model.sha256, epochs: trainedSpec(run.job.spec).epochs, count },
        },
      };
    },
  });
}

/** Returns the result of the newest such job about a model, or of the model's own job. Null if there is none, or if another engine found it. */
export async function seedsOf({ store }: Pick<ProjectServices, "store">, model: Model): Promise<SeedSpread | null> {
  const own = (await store.models.readEvaluation(model.id))?.seeds;
  if (own) return own;
  const isAbout = { field: "params", key: "/seeds/model", operator: "=", value: model.id, column: 1 } as const;
  const { data } = await store.jobs.list({ state: "succeeded", conditions: [isAbout] }, { limit: 1 });
  const id = data[0]?.model?.id;
  const found = id ? (await store.models.readEvaluation(id))?.seeds : undefined;
  return found?.agrees ? found : null;
}
