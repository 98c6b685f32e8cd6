/**
 * Divides large predictions into batches. Rows and predictions are copied on the event loop on their way to a thread and back,
 * so a batch is small enough to copy in about a millisecond.
 */
import type { FieldError } from "../../domain/errors.ts";
import type { Prediction } from "../../domain/models/model.ts";
import { createRemarkCollector, placedBy } from "../../domain/models/remarks.ts";
import type { PredictionResult } from "../../domain/ports.ts";
import { MAX_FIELD_ERRORS } from "../../domain/spec/spec-errors.ts";

type Instances = readonly unknown[];

export interface Batch {
  /** The index of its first row among all rows. */
  readonly start: number;
  readonly instances: Instances;
}

const BATCH_ROWS = 1024;
const BATCH_VALUES = 16_384;

/** Divides rows, in order, into batches of about `BATCH_VALUES` values, each with at least one row. */
export function batchesOf(instances: Instances): Batch[] {
  const batches: Batch[] = [];
  for (let start = 0; start < instances.length; ) {
    let end = start;
    for (let values = 0; end < instances.length && end - start < BATCH_ROWS && values < BATCH_VALUES; end++) {
      values += valuesIn(instances[end]);
    }
    batches.push({ start, instances: instances.slice(start, end) });
    start = end;
  }
  return batches;
}

/** Returns the number of values of a row, an array or an object. Anything else counts as one: it will be refused. */
function valuesIn(instance: unknown): number {
  if (Array.isArray(instance)) return instance.length;
  return typeof instance === "object" && instance !== null ? Object.keys(instance).length : 1;
}

/** Joins the results of the batches: every prediction, or the errors, with their pointers changed to the index among all rows. */
export function joinResults(batches: readonly Batch[], results: readonly PredictionResult[]): PredictionResult {
  const predictions: Prediction[] = [];
  const remarks = createRemarkCollector();
  const errors: FieldError[] = [];
  results.forEach((result, index) => {
    const start = batches[index]?.start ?? 0;
    if (result.ok) {
      for (const prediction of result.predictions) predictions.push(prediction);
      remarks.addAll(placedBy(result.remarks, (row) => start + row));
    } else errors.push(...result.errors.map((error) => shifted(error, start)));
  });
  return errors.length > 0
    ? { ok: false, errors: errors.slice(0, MAX_FIELD_ERRORS) }
    : { ok: true, predictions, remarks: remarks.take() };
}

/** Adds the start of the batch to the row of a pointer, /instances/{row}/{column}. */
function shifted({ pointer, detail }: FieldError, start: number): FieldError {
  return { pointer: pointer.replace(/^\/instances\/(\d+)/, (_, row) => `/instances/${Number(row) + start}`), detail };
}
