/** Evaluates a model on a data set. */
import { hasValues } from "../../domain/datasets/dataset.ts";
import { invalid, notFound } from "../../domain/errors.ts";
import type { PartEvaluation } from "../../domain/models/evaluation.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ProjectServices } from "../services.ts";
import { findModel, readWeights } from "./find-model.ts";

export interface Evaluated {
  readonly model: Model;
  readonly evaluation: PartEvaluation;
}

/** Scores the model over every row. Throws not_found for the model, and invalid for a data set that is missing or does not fit. */
export async function evaluate(services: ProjectServices, ref: string, datasetId: string): Promise<Evaluated> {
  const { store, computePool } = services;
  const model = await findModel(services, ref);
  const dataset = await store.datasets.get(datasetId);
  if (!dataset) throw invalid([{ pointer: "/dataset/id", detail: notFound("data set", datasetId).message }]);
  const { rows, sha256, columns } = dataset;
  const wanted = new Set(
    [...(model.preprocessing?.columns ?? []), ...(model.preprocessing?.targets ?? [])].map(({ column }) => column),
  );
  const needed = columns.filter((column) => hasValues(column) && wanted.has(column.name));
  const values = await store.datasets.readColumns(
    dataset.id,
    needed.map(({ name }) => name),
  );
  const table = { rows, sha256, columns, values };
  const result = await computePool.evaluate(model, table, () => readWeights(services, model.id));
  if (!result.ok) throw invalid(result.errors);
  return { model, evaluation: result.evaluation };
}
