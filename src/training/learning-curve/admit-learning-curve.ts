/** Checks a request for a learning curve against the model and the rows of its job, before anything is trained. */

import { binEdges } from "../../domain/datasets/preprocessing.ts";
import {
  type AdmittedCurve,
  type LearningCurveRequest,
  MAX_CURVE_WORK,
  MIN_REPEATS,
  MIN_TRAINING_ROWS,
} from "../../domain/explanations/learning-curve.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { withHeld } from "../../domain/spec/layer-walks.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { partsOf } from "../data/parts-of.ts";
import { trainingWork } from "../predict/row-work.ts";
import { curveSizes, curveTrainings } from "./curve-rows.ts";

/** Checks a request. Needs only the columns of a data set that split it. */
export function admitLearningCurve(run: TrainingRun, model: Model, request: LearningCurveRequest): AdmittedCurve {
  const { train, validation, test } = partsOf(run).parts;
  const refused = (pointer: string, detail: string): AdmittedCurve => ({ ok: false, errors: [{ pointer, detail }] });
  if (validation.length + test.length === 0)
    return refused(
      "",
      'the job of the model holds no rows out, and the rows that trained it say nothing of others: train it with a split, such as {"validation": 0.2}',
    );
  if (train.length < MIN_TRAINING_ROWS)
    return refused("", `the model has ${train.length} training rows; a curve needs at least ${MIN_TRAINING_ROWS}`);
  const fixed = fixedWidth(model, run.job.spec);
  if (fixed && !hasFixedFeatures(model)) return refused("", fixed);
  const trainings = curveTrainings(curveSizes(train.length, request.sizes), request.repeats);
  const spec = trainedSpec(run.job.spec);
  const work = trainings.reduce((sum, { rows }) => sum + trainingWork(model, spec, rows, validation.length), 0);
  if (work <= MAX_CURVE_WORK) return { ok: true, trainings: trainings.length };
  const limit = `${trainings.length} trainings of ${spec.epochs} epochs on up to ${train.length} rows take ${work.toExponential(1)} multiply-adds, more than the limit of ${MAX_CURVE_WORK.toExponential(0)}`;
  const affordable = Math.floor((request.repeats * MAX_CURVE_WORK) / work);
  return affordable >= MIN_REPEATS
    ? refused("/repeats", `${limit}: ask for ${affordable} repeats`)
    : refused("", `${limit}: ask a smaller model, or one of fewer epochs`);
}

/** Why the network needs a fixed number of features; null if any number works. */
function fixedWidth({ layers }: Model, spec: ResolvedSpec): string | null {
  const why = (what: string) =>
    `${what}, and columns that are fitted on fewer rows can have fewer features: ask it of a model of numbers alone, without bins`;
  if ("init_from" in spec && spec.init_from && isFittedAnew(spec)) return why("the network starts from weights (init_from)");
  const placed = withHeld(layers).find(({ type }) => PLACED.has(type));
  return placed ? why(`the layer ${placed.type} names places of its input`) : null;
}

const PLACED: ReadonlySet<string> = new Set(["reshape", "select"]);

const isFittedAnew = ({ preprocess }: ResolvedSpec): boolean =>
  !(preprocess && typeof preprocess === "object" && "fitted" in preprocess);

/** Whether the columns have the same number of features however few rows they are fitted on. */
const hasFixedFeatures = ({ preprocessing }: Model): boolean =>
  (preprocessing?.columns ?? []).every(
    (column) => column.kind === "numeric" && !column.indicator && binEdges(column).length === 0,
  );
