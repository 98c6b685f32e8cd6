/** The folds of a sweep: parts of the rows of its job, the same for every trial with the same seed. */
import type { ColumnValues, DatasetRows } from "../../domain/datasets/dataset.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Prepared, TrainingRun } from "../../domain/ports.ts";
import type { Folds } from "../../domain/sweeps/sweep-spec.ts";
import { loadTable, splitDataset } from "../data/data.ts";
import { foldsOf } from "../data/folds.ts";
import type { Parts } from "../data/split.ts";

type Job = Extract<Prepared, { ok: true }>;

/** The parts of each fold, repeat by repeat; or the errors, at their places in the sweep. */
export type SweepFolds =
  | { readonly ok: true; readonly parts: readonly Parts[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const NO_ROWS = new Int32Array(0);

/** Divides the rows of a job. The named columns of a data set must have been read. */
export function foldsOfSweep(folds: Folds, job: Job, dataset: DatasetRows | null): SweepFolds {
  const { spec, classes, rows } = job;
  const { count, repeats, stratify, group, time } = folds;
  const column = group ?? time;
  const found = column === null ? null : columnOf(column, group === null ? "time" : "group", dataset);
  if (found && "errors" in found) return { ok: false, errors: found.errors };
  const read =
    "dataset" in spec.data
      ? splitDataset({ job: { spec: { ...spec, split: null }, classes }, payload: null }, dataset as DatasetRows)
      : { codes: classes.length > 0 ? loadTable(runOf(job, dataset)).targets : null, present: null };
  if (stratify && read.codes === null)
    return { ok: false, errors: [{ pointer: "/folds/stratify", detail: "is only for classes; a regression has none" }] };
  const cut = foldsOf({
    rows: dataset?.rows ?? rows,
    among: read.present,
    classes: (stratify ?? time === null) ? read.codes : null,
    groups: group === null ? null : (found?.values ?? null),
    times: time === null ? null : (found?.values ?? null),
    count,
    repeats,
    seed: spec.seed,
  });
  if (!cut.ok) return { ok: false, errors: [{ pointer: "/folds", detail: cut.detail }] };
  return { ok: true, parts: cut.folds.map((fold) => ({ ...fold, test: NO_ROWS })) };
}

/** What `loadData` needs of a prepared job. */
export function runOf({ spec, classes, parameters, payload }: Job, dataset: DatasetRows | null): TrainingRun {
  return { job: { id: "", spec, classes, parameters, attempt: 1, epochsDone: 0 }, payload, dataset, checkpoint: null };
}

function columnOf(
  name: string,
  field: "group" | "time",
  dataset: DatasetRows | null,
): { readonly values: ColumnValues } | { readonly errors: readonly FieldError[] } {
  const pointer = `/folds/${field}`;
  if (!dataset) return { errors: [{ pointer, detail: "is only for data sets: other rows have no named columns" }] };
  const values = dataset.columns.some((column) => column.name === name) ? dataset.values.get(name) : undefined;
  return values ? { values } : { errors: [{ pointer, detail: `the data set has no column ${name} of numbers or categories` }] };
}
