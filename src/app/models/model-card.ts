/** Gathers what a model card is made of. */
import type { Job } from "../../domain/jobs/job.ts";
import type { WireColumns } from "../../domain/metrics/metric.ts";
import type { LossCurve, ModelCardFacts } from "../../domain/model-card/facts.ts";
import { isSearch } from "../../domain/spec/spec.ts";
import { VERSION } from "../../domain/version.ts";
import { readMetrics } from "../metrics/history.ts";
import type { ProjectServices } from "../services.ts";
import { readModel } from "./read-models.ts";

/** Points of the curve of the loss. */
const CURVE_POINTS = 300;

/** Returns the facts of the model that a reference names. Throws not_found for it; what else is gone is null. */
export async function readModelCard(services: ProjectServices, ref: string): Promise<ModelCardFacts> {
  const { model, evaluation } = await readModel(services, ref);
  const job = model.jobId === null ? null : await services.store.jobs.get(model.jobId);
  const data = job?.spec.data;
  const document = data && "dataset" in data ? await services.store.datasets.describe(data.dataset.id) : null;
  return {
    model,
    evaluation,
    job,
    dataset: document?.summary ?? null,
    curve: job && !isSearch(job.spec) && !job.spec.influence ? await readCurve(services, job) : null,
    serverVersion: VERSION,
  };
}

async function readCurve(services: ProjectServices, { id }: Job): Promise<LossCurve | null> {
  const { json } = await readMetrics(services, id, { from: 1, points: CURVE_POINTS, series: ["loss", "val_loss"] });
  const { epochs, series } = JSON.parse(`{${Buffer.from(json).toString()}}`) as WireColumns;
  if (!series.loss || epochs.length === 0) return null;
  return { epochs, loss: series.loss.map(Number), validation: series.val_loss?.map(Number) ?? null };
}
