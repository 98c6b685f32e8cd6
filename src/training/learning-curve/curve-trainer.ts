/** Trains a job's network on some of its training rows, and scores it on the rows that the job holds out. */
import type { ColumnValues } from "../../domain/datasets/dataset.ts";
import { CURVE_FIGURES, type CurveFigureName } from "../../domain/explanations/learning-curve.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import { scoreMetricsOf } from "../../domain/models/score.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { type JobData, loadData } from "../data/data.ts";
import type { Table } from "../data/table.ts";
import { evaluate, scoredOutputs } from "../evaluate/evaluate.ts";
import { decidedModel, trainedModel } from "../evaluate/trained-model.ts";
import { initialTensors } from "../many/initial-tensors.ts";
import { type TrialOutcome, trainTrial } from "../many/train-many.ts";
import { planTrials, type TrialPlan } from "../many/trial-plan.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { compiledSizes, sizesOf } from "../run/sizes.ts";
import { type CurveTraining, createDraw, repeatSeed } from "./curve-rows.ts";

/** The result of a training. */
export interface CurveOutcome {
  readonly outcome: Exclude<TrialOutcome, { state: "cancelled" }>;
  /** The figures of `figureNames`, first on the scored rows and then on the training rows; NaN if there are none. */
  readonly figures: Float64Array;
}

export interface CurveTrainer {
  readonly spec: NetworkSpec;
  readonly data: JobData;
  readonly part: "validation" | "test";
  readonly figureNames: readonly CurveFigureName[];
  /** Trains; null if `ended` returns true, which is called every few milliseconds. */
  train(training: CurveTraining, ended?: () => boolean): CurveOutcome | null;
  /** Describes the weights of a training on all rows as a model. */
  describe(weights: TensorSet): ReturnType<typeof trainedModel>;
}

/**
 * Creates the trainer of a job whose network is given, and that holds rows out. Trainings of the same sizes in a row are compiled once.
 * `groups` has the groups of the training rows if the split does not.
 */
export function createCurveTrainer(run: TrainingRun, groups: ColumnValues | null = null): CurveTrainer {
  const { classes, parameters } = run.job;
  const spec = trainedSpec(run.job.spec) as NetworkSpec;
  const data = loadData(run);
  const part = data.test ? "test" : "validation";
  const draw = createDraw(groups ? { ...data, dealtBy: { groups, times: null } } : data, spec.seed);
  const initial = initialTensors({ spec, payload: run.payload });
  const figureNames = classes.length > 0 ? CURVE_FIGURES.classes : CURVE_FIGURES.values;
  const { series, planFor } = createPlanner(spec, classes.length, data);
  const describe = (own: JobData, weights: TensorSet) => {
    const { network } = planFor(own).stepsFor(spec.optimizer).steps.plan;
    return trainedModel({ spec, classes, parameters }, network, own, weights);
  };

  const score = (own: JobData, weights: TensorSet): Float64Array => {
    const model = decidedModel(describe(own, weights), spec, weights, own);
    const inference = createInference(model, weights, [BLOCK]);
    const scalings = (model.preprocessing?.targets ?? []).map(({ scaling }) => scaling);
    const figuresOf = ({ rows, features, targets, actual }: Table) => {
      const outputs = scoredOutputs(inference.outputs(features, rows), model.quantiles);
      const metrics = scoreMetricsOf(
        evaluate({ rows, outputs, targets, actual, threshold: model.threshold }, classes, scalings),
      );
      // R2 says nothing if all targets are equal.
      const isConstant = targets.every((target) => target === targets[0]);
      return figureNames.map((name) =>
        name === "r2" && isConstant ? Number.NaN : ((metrics as Partial<Record<string, number | null>>)[name] ?? Number.NaN),
      );
    };
    const found = Float64Array.from([own[part] as Table, own.train].flatMap(figuresOf));
    inference.release();
    return found;
  };

  return {
    spec,
    data,
    part,
    figureNames,
    train({ repeat, rows }, ended) {
      const isWhole = rows === data.parts.train.length;
      const own = isWhole ? data : loadData(run, { ...data.parts, train: draw(repeat, rows) });
      const { train, validation, preprocessing } = own;
      const scalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
      const trial = { seed: repeatSeed(spec.seed, repeat), train, validation, scalings, series, initial };
      const outcome = trainTrial(planFor(own), trial, ended);
      if (outcome.state === "cancelled") return null;
      const none = () => new Float64Array(2 * figureNames.length).fill(Number.NaN);
      return { outcome, figures: outcome.state === "succeeded" ? score(own, outcome.weights) : none() };
    },
    describe: (weights) => describe(data, weights),
  };
}

/** Compiles a plan for the sizes of rows, and keeps only the last one, because it has a copy of the rows. */
function createPlanner(spec: NetworkSpec, classes: number, { validation }: JobData) {
  let planned: { readonly key: string; readonly plan: TrialPlan } | null = null;
  return {
    series: validation ? (["loss", "val_loss"] as const) : (["loss"] as const),
    planFor(data: JobData): TrialPlan {
      const sizes = sizesOf(data, classes);
      const key = JSON.stringify(compiledSizes(spec, sizes));
      if (planned?.key !== key) planned = { key, plan: planTrials(spec, sizes) };
      return planned.plan;
    },
  };
}
