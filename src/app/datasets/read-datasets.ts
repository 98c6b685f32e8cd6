/** Reads data sets: lists, one with its columns, and its first rows. */
import type { DatasetDocument, DatasetSummary } from "../../domain/datasets/dataset.ts";
import { notFound } from "../../domain/errors.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { ProjectServices } from "../services.ts";

/** Names of the columns, and rows, each an array as JSON text in the order of the columns. */
export interface DatasetPreview {
  readonly names: readonly string[];
  readonly lines: readonly string[];
}

/** Lists data sets, newest first, without their columns. */
export function listDatasets({ store }: ProjectServices, page: PageRequest): Promise<Page<DatasetSummary>> {
  return store.datasets.list(page);
}

/** Returns a data set with its columns, which are JSON text. Throws not_found. */
export async function describeDataset({ store }: ProjectServices, id: string): Promise<DatasetDocument> {
  const document = await store.datasets.describe(id);
  if (!document) throw notFound("data set", id);
  return document;
}

/** Returns the first rows of a data set, at most `rows`; very wide tables keep fewer. Throws not_found. */
export async function previewDataset({ store }: ProjectServices, id: string, rows: number): Promise<DatasetPreview> {
  const preview = await store.datasets.readPreview(id);
  if (!preview) throw notFound("data set", id);
  return { names: preview.names, lines: preview.lines.slice(0, rows) };
}
