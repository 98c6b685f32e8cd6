/** Resolves references: reads the data set and the model that a job body names. */
import { type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import { type FieldError, notFound } from "../../domain/errors.ts";
import { parseModelRef } from "../../domain/models/registry.ts";
import type { References, ReferredModel, Resolved } from "../../domain/ports.ts";
import { noModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

/** A data set with at most this many values, 4 MiB, is read whole, so that notes on all its columns can be made. */
const MAX_NOTED_VALUES = 512 * 1024;

/** Returns the data set and the model that are referred to, or an error for each reference that does not exist. */
export async function resolveReferences(
  services: ProjectServices,
  references: References,
): Promise<Resolved | { errors: FieldError[] }> {
  const [dataset, model] = await Promise.all([resolveDataset(services, references), resolveModel(services, references)]);
  const errors = [dataset, model].flatMap((found) => (found && "errors" in found ? found.errors : []));
  if (errors.length > 0) return { errors };
  return { dataset: dataset as DatasetRows | null, model: model as ReferredModel | null };
}

type Missing = { readonly errors: FieldError[] };

async function resolveDataset(
  { store }: ProjectServices,
  { dataset: reference }: References,
): Promise<DatasetRows | Missing | null> {
  if (!reference) return null;
  const dataset = await store.datasets.get(reference.id);
  if (!dataset) return { errors: [{ pointer: "/data/dataset/id", detail: notFound("data set", reference.id).message }] };
  const { rows, sha256, columns } = dataset;
  const named = [...reference.target, reference.splitColumn];
  // Widths and classes follow from these columns. Columns that only training needs are read when it starts.
  const isSmall = rows * columns.length <= MAX_NOTED_VALUES;
  const needed = columns.filter(({ name, type, kept }) =>
    type === "text" ? kept && isTextOf(reference, name) : isSmall || isCategorical(type) || named.includes(name),
  );
  const values = await store.datasets.readColumns(
    dataset.id,
    needed.map(({ name }) => name),
  );
  return { rows, sha256, columns, values };
}

/** Whether a text column is a feature: it is named as one, or a search takes every column. */
const isTextOf = ({ features, searches }: NonNullable<References["dataset"]>, name: string): boolean =>
  features ? features.includes(name) : searches;

async function resolveModel(
  { store }: ProjectServices,
  { model: reference }: References,
): Promise<ReferredModel | Missing | null> {
  if (reference === null) return null;
  const { ref, pointer } = reference;
  const parsed = parseModelRef(ref);
  const model = parsed && (await store.models.find(parsed));
  const weights = model && (await store.models.readWeights(model.id));
  if (!model || !weights) {
    const kind = pointer.split("/").at(-1);
    const error = kind === "model" ? await noModel({ store }, ref) : notFound("checkpoint", ref);
    return { errors: [{ pointer, detail: error.message }] };
  }
  const { id, sha256, preprocessing, classes } = model;
  return { id, sha256, weights, preprocessing, classes };
}
