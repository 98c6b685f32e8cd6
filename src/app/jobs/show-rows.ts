/** Reads some of the rows that a job trains on, so that a page can draw them beside what the model has learned. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { MAX_SHOWN_FEATURES, type RowChoice, type ShownRows } from "../../domain/jobs/job-rows.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { ProjectServices } from "../services.ts";

/** Maximum values read from a data set, 128 MiB. A longer data set shows fewer columns. */
const MAX_READ_VALUES = 2 ** 24;

/**
 * Returns the requested rows. Throws not_found, conflict when the data set that the rows came from was deleted, and invalid for a row
 * number that does not exist.
 */
export async function showRows(services: ProjectServices, jobId: string, choice: RowChoice): Promise<ShownRows> {
  const { store, computePool } = services;
  const job = await store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  const [payload, dataset] = await Promise.all([store.jobs.readPayload(jobId), readColumns(services, job)]);
  const shown = await computePool.showRows({ job, payload, dataset, checkpoint: null }, choice);
  if ("numbers" in choice && shown.returned < choice.numbers.length) {
    const wrong = choice.numbers.find((number) => number >= shown.total) as number;
    throw invalid([{ pointer: "/rows", detail: `there is no row ${wrong}: the data has ${shown.total}, counted from 0` }]);
  }
  return shown;
}

/** Reads the columns that are shown, and the column that assigns rows to the parts of the split. */
async function readColumns({ store }: ProjectServices, { spec }: Job): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, features, target } = spec.data.dataset;
  const dataset = await store.datasets.get(id);
  if (!dataset) throw new TrainyardError("conflict", `the data set ${id} was deleted`);
  const splitColumn = splitColumnOf(spec.split);
  const needed = [...target, ...(splitColumn ? [splitColumn.name] : [])];
  const most = Math.max(2, Math.floor(MAX_READ_VALUES / dataset.rows) - needed.length);
  const shown = features.slice(0, Math.min(most, MAX_SHOWN_FEATURES));
  const values = await store.datasets.readColumns(id, [...new Set([...needed, ...shown])]);
  return { rows: dataset.rows, sha256: dataset.sha256, columns: dataset.columns, values };
}
