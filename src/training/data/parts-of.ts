/** Computes which rows of a job train and which are held out, without encoding any. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { loadTable, splitDataset, splitTable } from "./data.ts";
import type { Parts } from "./split.ts";

/** Returns the parts of a job's rows, and whether they are of a data set. Needs only the columns of a data set that split it. */
export function partsOf(run: TrainingRun): { readonly parts: Parts; readonly isOfSet: boolean } {
  if ("dataset" in run.job.spec.data) return { parts: splitDataset(run, run.dataset as DatasetRows).parts, isOfSet: true };
  return { parts: splitTable(run, loadTable(run)), isOfSet: false };
}
