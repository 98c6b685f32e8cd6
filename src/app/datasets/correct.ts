/** Corrects cells of a data set. The corrected table is a new data set; the old one stays. */
import type { CorrectionsRequest } from "../../domain/datasets/corrections.ts";
import type { DatasetDocument } from "../../domain/datasets/dataset.ts";
import { invalid, notFound } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import { unknownColumn } from "../../domain/spelling.ts";
import type { ProjectServices } from "../services.ts";

/**
 * Stores the corrected table. The same corrections of the same data set give the same data set, with `created` false. Throws not_found,
 * invalid for corrections that do not fit the table, and too_large beyond the limits of the project.
 */
export async function correctDataset(
  { store, uploadSpool, limits }: ProjectServices,
  id: string,
  { column, cells, name }: CorrectionsRequest,
): Promise<DatasetDocument & { readonly created: boolean }> {
  const [dataset, document, preview] = await Promise.all([
    store.datasets.get(id),
    store.datasets.describe(id),
    store.datasets.readPreview(id),
  ]);
  if (!dataset || !document || !preview) throw notFound("data set", id);
  const corrected = dataset.columns.find((candidate) => candidate.name === column);
  const refused = (detail: string) => invalid([{ pointer: "/column", detail }]);
  if (!corrected) throw refused(unknownColumn(column, dataset.columns));
  if (corrected.type === "text")
    throw refused(`${JSON.stringify(column)} is text: only columns of labels, booleans or numbers can be corrected`);
  const { rows, sha256 } = dataset;
  const values = new Map(await store.datasets.readColumns(id, [column]));
  const result = await uploadSpool.correct({
    ...{ name: column, cells, rows, parent: { id, sha256 } },
    ...{ columnsJson: document.columnsJson, aboutJson: document.aboutJson, previewLines: preview.lines },
    values: values.get(column) as NonNullable<ReturnType<typeof values.get>>,
  });
  if (!result.ok) throw invalid(result.errors);
  const { values: own, ...described } = result.corrected;
  const existing = await store.datasets.find(described.sha256, dataset.format);
  if (existing && (await store.datasets.claim(existing.summary.id))) return { ...existing, created: false };
  return store.datasets.insert({
    ...described,
    id: createId("dataset"),
    name: name ?? dataset.name,
    format: dataset.format,
    rows,
    names: dataset.columns.map((each) => each.name),
    values: new Map([[column, own]]),
    copyOf: id,
    bytes: dataset.bytes,
    createdAt: Date.now(),
    isClaimed: true,
    within: limits.project,
  });
}
