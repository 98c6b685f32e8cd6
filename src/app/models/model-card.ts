/** Collects the records that a model card shows, and has a thread write the card. */

import type { Job } from "../../domain/jobs/job.ts";
import { questionOf } from "../../domain/jobs/trained-spec.ts";
import type { WireColumns } from "../../domain/metrics/metric.ts";
import type { LossCurve, ModelCardFacts } from "../../domain/model-card/facts.ts";
import type { Model } from "../../domain/models/model.ts";
import { isCheckpointId } from "../../domain/models/registry.ts";
import { isSearch } from "../../domain/spec/spec.ts";
import { VERSION } from "../../domain/version.ts";
import { readMetrics } from "../metrics/history.ts";
import type { ProjectServices } from "../services.ts";
import { readModel } from "./read-models.ts";

/** Points of the loss curve. */
const CURVE_POINTS = 300;

/**
 * Returns the id of the model that a reference names, and its card as HTML in UTF-8. The card of a checkpoint shows what is known so far.
 * Throws not_found.
 */
export async function readModelCard(services: ProjectServices, ref: string): Promise<{ id: string; html: Uint8Array }> {
  const facts = await readFacts(services, ref);
  return { id: facts.model.id, html: await services.computePool.encodeModelCard(facts) };
}

/** Reads the records that a card shows; null for those that were deleted. */
async function readFacts(services: ProjectServices, ref: string): Promise<ModelCardFacts> {
  const { model, evaluation } = await readModel(services, ref);
  const job = model.jobId === null ? null : await services.store.jobs.get(model.jobId);
  const data = job?.spec.data;
  const document = data && "dataset" in data ? await services.store.datasets.describe(data.dataset.id) : null;
  return {
    model: withoutBulk(model),
    evaluation,
    job: job && withoutRows(job),
    dataset: document?.summary ?? null,
    curve: job && !isSearch(job.spec) && !questionOf(job.spec) ? await readCurve(services, job) : null,
    checkpoint: isCheckpointId(model.id) ? await services.store.checkpoints.get(model.id) : null,
    serverVersion: VERSION,
  };
}

async function readCurve(services: ProjectServices, { id }: Job): Promise<LossCurve | null> {
  const { json } = await readMetrics(services, id, { from: 1, points: CURVE_POINTS, series: ["loss", "val_loss"] });
  const { epochs, series } = JSON.parse(`{${Buffer.from(json).toString()}}`) as WireColumns;
  if (!series.loss || epochs.length === 0) return null;
  return { epochs, loss: series.loss.map(Number), validation: series.val_loss?.map(Number) ?? null };
}

/** A job without the rows that its split names, which no card shows: there can be half a million. */
function withoutRows(job: Job): Job {
  const { split } = job.spec;
  const kept = split && Object.fromEntries(Object.entries(split).filter(([, held]) => !Array.isArray(held)));
  return { ...job, spec: { ...job.spec, split: kept as typeof split } };
}

/** A model without the fields that no card shows and that would be copied to the thread. */
function withoutBulk({ conformal: _, preprocessing, ...model }: Model): Model {
  const columns = preprocessing?.columns.map((column) => (column.kind === "text" ? { ...column, vocabularies: [] } : column));
  return { ...model, weights: [], preprocessing: preprocessing && { ...preprocessing, columns: columns ?? [] } };
}
