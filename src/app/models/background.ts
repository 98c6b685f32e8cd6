/** The background rows of explanations: training rows of a model, read from the data of its job. None of them is stored with a model. */
import type { ColumnValues, DatasetRows } from "../../domain/datasets/dataset.ts";
import type { EncodedColumn } from "../../domain/datasets/preprocessing.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { Background } from "../../domain/explanations/explanation.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { Model } from "../../domain/models/model.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { ProjectServices } from "../services.ts";

/** Values of a data set that are read at a time: 32 MiB. */
const READ_VALUES = 2 ** 22;

/**
 * Returns `count` training rows of the model, or all if there are fewer, chosen by a seed. Throws conflict if they are not available: the
 * model was imported, or its job or data set was deleted. `pointer` is the place in the request that asked for them.
 */
export async function readBackground(
  services: ProjectServices,
  model: Model,
  { count, seed }: { readonly count: number; readonly seed: number },
  pointer: string,
): Promise<Background> {
  const { store, backgrounds } = services;
  const job = model.jobId === null ? null : await store.jobs.get(model.jobId);
  if (!job) throw noData(model.jobId === null ? "it was imported" : "its job was deleted", pointer);
  const { data } = job.spec;
  // Deleted rows must not be answered from the cache either.
  const isThere = !("dataset" in data) || (await store.datasets.describe(data.dataset.id)) !== null;
  if (!isThere) throw noData("its data set was deleted", pointer);
  const draw = () => drawBackground(services, model, job, { count, seed }, pointer);
  return backgrounds.get(`${model.id}/${count}/${seed}`, draw);
}

function noData(reason: string, pointer: string): TrainyardError {
  const detail = `the rows that trained the model are not available, because ${reason}: send background rows in ${pointer}`;
  return new TrainyardError("conflict", detail, [{ pointer, detail }]);
}

async function drawBackground(
  services: ProjectServices,
  model: Model,
  job: Job,
  { count, seed }: { readonly count: number; readonly seed: number },
  pointer: string,
): Promise<Background> {
  const { store, computePool } = services;
  const { data, split } = job.spec;
  const payload = await store.jobs.readPayload(job.id);
  if (!("dataset" in data)) {
    const chosen = await computePool.chooseBackground({ job, payload, dataset: null, checkpoint: null }, count, seed);
    if ("background" in chosen) return chosen.background;
    throw new Error("rows of a job without a data set were chosen by number");
  }
  const { id, target } = data.dataset;
  const found = await store.datasets.get(id);
  if (!found) throw noData("its data set was deleted", pointer);
  const { rows, sha256, columns } = found;
  const read = async (names: readonly string[]): Promise<DatasetRows> => {
    const wanted = new Set(names);
    const values: ReadonlyMap<string, ColumnValues> = await store.datasets.readColumns(id, [...wanted]);
    return { rows, sha256, columns: columns.filter(({ name }) => wanted.has(name)), values };
  };
  const splitColumn = splitColumnOf(split);
  const splitting = await read([...target, ...(splitColumn ? [splitColumn.name] : [])]);
  const chosen = await computePool.chooseBackground({ job, payload, dataset: splitting, checkpoint: null }, count, seed);
  if (!("numbers" in chosen)) throw new Error("rows of a data set were not chosen by number");
  const { numbers } = chosen;
  const encoded = model.preprocessing?.columns ?? [];
  const parts: Background[] = [];
  for (const some of groupsOf(encoded, Math.max(1, Math.floor(READ_VALUES / rows)))) {
    const values = await read(some.map(({ column }) => column));
    parts.push(await computePool.encodeBackground(some, values, numbers));
  }
  return joined(parts, numbers.length);
}

/** Reads columns, a bounded number of values at a time. */
function groupsOf(columns: readonly EncodedColumn[], size: number): EncodedColumn[][] {
  return Array.from({ length: Math.ceil(columns.length / size) }, (_, index) =>
    columns.slice(index * size, (index + 1) * size),
  );
}

/** Joins columns of the same rows side by side. */
function joined(parts: readonly Background[], rows: number): Background {
  const widths = parts.map(({ features }) => features.length / rows);
  const width = widths.reduce((total, each) => total + each, 0);
  const features = new Float32Array(rows * width);
  let start = 0;
  parts.forEach((part, index) => {
    const own = widths[index] as number;
    for (let row = 0; row < rows; row++) features.set(part.features.subarray(row * own, (row + 1) * own), row * width + start);
    start += own;
  });
  return { rows, features, ranges: Float64Array.from(parts.flatMap(({ ranges }) => [...ranges])) };
}
