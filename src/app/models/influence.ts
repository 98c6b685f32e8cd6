/** Submits the job that finds the training rows behind a prediction, by training the model again without each of them. */
import { invalid } from "../../domain/errors.ts";
import type { InfluenceRequest } from "../../domain/explanations/influence.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { JobView } from "../jobs/job-view.ts";
import type { ProjectServices } from "../services.ts";
import { askJob } from "./ask-job.ts";

/**
 * Bytes that a training without a row needs for each row, beyond the job's own: the weight of the row, in the engine and while it is
 * computed.
 */
const BYTES_A_ROW = 24;

/**
 * Queues the job, or returns the existing job with this id. Throws not_found, conflict for a model whose training cannot be repeated or
 * that a search has found, and invalid with every fault of the request and for more work than one job may take.
 */
export function askInfluence(
  services: ProjectServices,
  ref: string,
  request: InfluenceRequest,
  id: string | undefined,
): Promise<JobView> {
  return askJob(services, ref, {
    id,
    noSearch:
      "the model is the average of a search, which would have to be repeated for each row left out: ask about a model whose job names its network",
    async admit(run, model) {
      const asked = { ...request, instances: request.instances.map(plainCells) };
      const admitted = await services.computePool.admitInfluence(run, model, asked);
      if (!admitted.ok) throw invalid(admitted.errors);
      const { retrainings, trainingRows } = admitted;
      const { instances, actual, output, rows = null } = asked;
      return {
        name: request.name ?? `rows behind ${model.name}`,
        trainings: retrainings + 1,
        // The results of all trainings: the outputs of each for every instance, float32.
        extraBytes: trainingRows * BYTES_A_ROW + 4 * (retrainings + 1) * instances.length * model.outputWidth,
        question: {
          influence: {
            ...{ model: model.id, sha256: model.sha256, epochs: trainedSpec(run.job.spec).epochs, instances, rows },
            ...(actual && { actual }),
            ...(output !== undefined && { output }),
          },
        },
      };
    },
  });
}

/** A row whose whole numbers beyond 2^53 are rounded to float64, as readers of rows take them: JSON has no others. */
function plainCells(row: InfluenceRequest["instances"][number]): InfluenceRequest["instances"][number] {
  const plain = (cell: unknown) => (typeof cell === "bigint" ? Number(cell) : cell);
  if (Array.isArray(row)) return row.map(plain);
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, plain(cell)]));
}
