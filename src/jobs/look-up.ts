/** Look up: what a job body refers to, read from the store. */
import { isCategorical } from "../domain/dataset.ts";
import type { FieldError } from "../domain/errors.ts";
import type { References, Resolved } from "../domain/ports.ts";
import type { Services } from "./services.ts";

/** The things referred to, or the references that lead nowhere. */
export async function lookUp(
  { store }: Services,
  { dataset: reference }: References,
): Promise<Resolved | { errors: FieldError[] }> {
  if (!reference) return { dataset: null };
  const dataset = await store.getDataset(reference.id);
  if (!dataset) return { errors: [{ pointer: "/data/dataset/id", detail: `there is no data set ${reference.id}` }] };
  const { rows, sha256, columns } = dataset;
  const named = [...reference.target, reference.splitColumn];
  // Widths and classes follow from these; what only training needs is read when it starts.
  const needed = columns.filter(({ name, type }) => type !== "text" && (isCategorical(type) || named.includes(name)));
  const values = await store.readDatasetColumns(
    dataset.id,
    needed.map(({ name }) => name),
  );
  return { dataset: { rows, sha256, columns, values } };
}
