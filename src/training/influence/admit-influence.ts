/** Checks a request for the rows behind a prediction against the model and the rows of its job, before anything is trained. */
import type { FieldError } from "../../domain/errors.ts";
import {
  type AdmittedInfluence,
  type InfluenceRequest,
  MAX_CHANGES,
  MAX_INFLUENCE_WORK,
  MAX_RETRAININGS,
} from "../../domain/explanations/influence.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type {} from "../../domain/spec/spec.ts";
import { MAX_FIELD_ERRORS } from "../../domain/spec/spec-errors.ts";
import { partsOf } from "../data/parts-of.ts";
import type { Parts } from "../data/split.ts";
import { trainingWork } from "../predict/row-work.ts";
import { askedErrors, readAsked } from "./asked-rows.ts";
import { chosenRows, countedRows, givenWeights } from "./left-out-rows.ts";

/** Checks a request. Needs only the columns of a data set that split it, and the weight column. */
export function admitInfluence(run: TrainingRun, model: Model, request: InfluenceRequest): AdmittedInfluence {
  const { parts, isOfSet } = partsOf(run);
  const weights = givenWeights(run.job.spec, run.dataset);
  const counted = countedRows(parts.train, weights);
  const faults = [
    ...readAsked(model, request).errors,
    ...askedErrors(model, request),
    ...rowErrors(request, parts, isOfSet, weights),
  ];
  if (counted.length < 2)
    faults.push({ pointer: "", detail: "only one row trains the model: without it there is nothing to train on" });
  if (faults.length > 0) return { ok: false, errors: faults.slice(0, MAX_FIELD_ERRORS) };
  const rows = chosenRows(counted, request.rows ?? null);
  const excess = excessOf(run, model, request, parts, rows.length);
  return excess
    ? { ok: false, errors: [{ pointer: "/rows", detail: excess }] }
    : { ok: true, retrainings: rows.length, trainingRows: parts.train.length };
}

function rowErrors(
  { rows }: InfluenceRequest,
  { train, validation, test }: Parts,
  isOfSet: boolean,
  weights: ArrayLike<number> | null,
): FieldError[] {
  if (!Array.isArray(rows)) return [];
  const trained = new Set(train);
  const heldOut = new Set([...validation, ...test]);
  return rows.flatMap((row, index) => {
    const pointer = `/rows/${index}`;
    if (heldOut.has(row)) return [{ pointer, detail: `row ${row} was held out, so it did not train the model` }];
    if (!trained.has(row)) {
      const why = isOfSet ? "there is no such row, or it has no target" : "there is no such row";
      return [{ pointer, detail: `row ${row} did not train the model: ${why}; rows are counted from 0` }];
    }
    return weights && !((weights[row] as number) > 0) ? [{ pointer, detail: `row ${row} already has weight 0` }] : [];
  });
}

/** Which limit is exceeded, with the cure; null if none is. */
function excessOf(
  { job }: TrainingRun,
  model: Model,
  { instances }: InfluenceRequest,
  { train, validation }: Parts,
  retrainings: number,
): string | null {
  const spec = trainedSpec(job.spec);
  const { epochs } = spec;
  const training = trainingWork(model, spec, train.length, validation.length);
  const most = Math.floor(Math.min(MAX_RETRAININGS, MAX_CHANGES / instances.length));
  const byWork = Math.floor(MAX_INFLUENCE_WORK / training) - 1;
  const cure = (count: number) => `choose fewer rows, such as {"sample": ${count}}`;
  if (retrainings > most) {
    const limit =
      most === MAX_RETRAININGS
        ? `${retrainings} rows to leave out, each by a training, are more than the limit of ${MAX_RETRAININGS}`
        : `${retrainings} rows to leave out for ${instances.length} instances are more than the limit of ${MAX_CHANGES} changes`;
    return `${limit}: ${cure(Math.max(1, Math.min(most, byWork)))}`;
  }
  if (retrainings <= byWork) return null;
  const work = ((retrainings + 1) * training).toExponential(1);
  const limit = `${retrainings} trainings of ${epochs} epochs on ${train.length} rows take ${work} multiply-adds, more than the limit of ${MAX_INFLUENCE_WORK.toExponential(0)}`;
  return byWork >= 1 ? `${limit}: ${cure(byWork)}` : `${limit}: ask a smaller model, or one of fewer epochs`;
}
