/** Checks a request for a learning curve against the model and the rows of its job, before anything is trained. */
import {
  type AdmittedCurve,
  FEWEST_TRAINING_ROWS,
  type LearningCurveRequest,
  MAX_CURVE_WORK,
} from "../../domain/explanations/learning-curve.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { partsOf } from "../data/parts-of.ts";
import { trainingWork } from "../predict/row-work.ts";
import { curveSizes, curveTrainings } from "./curve-rows.ts";

/** Checks a request. Needs the columns of a data set that split it, and no others. */
export function admitLearningCurve(run: TrainingRun, model: Model, request: LearningCurveRequest): AdmittedCurve {
  const { train, validation, test } = partsOf(run).parts;
  const refused = (pointer: string, detail: string): AdmittedCurve => ({ ok: false, errors: [{ pointer, detail }] });
  if (validation.length + test.length === 0)
    return refused(
      "",
      'the job of the model holds no rows out, and the rows that trained it say nothing of others: train it with a split, such as {"validation": 0.2}',
    );
  if (train.length < FEWEST_TRAINING_ROWS)
    return refused("", `the model has ${train.length} training rows; a curve needs at least ${FEWEST_TRAINING_ROWS}`);
  const trainings = curveTrainings(curveSizes(train.length, request.sizes), request.repeats);
  const spec = trainedSpec(run.job.spec);
  const work = trainings.reduce((sum, { rows }) => sum + trainingWork(model, spec, rows, validation.length), 0);
  if (work <= MAX_CURVE_WORK) return { ok: true, trainings: trainings.length };
  const limit = `${trainings.length} trainings of ${spec.epochs} epochs on up to ${train.length} rows take ${work.toExponential(1)} multiply-adds, more than the limit of ${MAX_CURVE_WORK.toExponential(0)}`;
  const affordable = Math.floor((request.repeats * MAX_CURVE_WORK) / work);
  return affordable >= 4
    ? refused("/repeats", `${limit}: ask for ${affordable} repeats`)
    : refused("", `${limit}: ask a smaller model, or one of fewer epochs`);
}
