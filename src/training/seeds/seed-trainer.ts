/** Trains a job's network with other seeds on the same rows, and scores each training on the rows that the job holds out. */
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import { COMPARED_FIGURES } from "../../domain/models/score-comparison.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { classInfluences, type Influences, valueInfluences } from "../certainty/influences.ts";
import { blockCount, blocksOf } from "../certainty/over-seeds.ts";
import { loadData } from "../data/data.ts";
import type { Table } from "../data/table.ts";
import { scoredOutputs } from "../evaluate/evaluate.ts";
import { decidedModel, trainedModel } from "../evaluate/trained-model.ts";
import { initialTensors } from "../many/initial-tensors.ts";
import { type CountedTraining, countedTraining } from "../many/job-of-trainings.ts";
import { trainTrial } from "../many/train-many.ts";
import { planTrials } from "../many/trial-plan.ts";
import { BLOCK, createInference, type Inference } from "../predict/inference.ts";
import { sizesOf } from "../run/sizes.ts";

/** Compiles the trainings of a job once for all seeds. Its network is given, and it holds rows out: other jobs are refused before. */
export function createSeedTrainer(run: TrainingRun) {
  const { classes, parameters } = run.job;
  const spec = trainedSpec(run.job.spec) as NetworkSpec;
  const data = loadData(run);
  const part = data.test ? ("test" as const) : ("validation" as const);
  const table = data[part] as Table;
  const plan = planTrials(spec, sizesOf(data, classes.length));
  const initial = initialTensors({ spec, payload: run.payload });
  const scalings = (data.preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const { train, validation } = data;
  const series = validation ? (["loss", "val_loss"] as const) : (["loss"] as const);
  const { network } = plan.stepsFor(spec.optimizer).steps.plan;
  const describe = (weights: TensorSet) => trainedModel({ spec, classes, parameters }, network, data, weights);
  let inference: Inference | null = null;

  /** For a figure: its value, and what each block of rows adds to it. */
  const width = 1 + blockCount(table.rows);

  /** [COMPARED_FIGURES, width] of a training; NaN if a figure has no value. */
  const score = (weights: TensorSet): Float32Array => {
    const model = decidedModel(describe(weights), spec, weights, data);
    inference ??= createInference(model, weights, [BLOCK]);
    inference.load(weights);
    const { rows, features, targets, actual } = table;
    const outputs = scoredOutputs(inference.outputs(features, rows), model.quantiles);
    const predicted = { rows, outputs, targets, actual, threshold: model.threshold };
    const figures: Influences =
      classes.length > 0 ? classInfluences(predicted, classes.length) : valueInfluences(predicted, scalings);
    const scored = new Float32Array(COMPARED_FIGURES.length * width).fill(Number.NaN);
    COMPARED_FIGURES.forEach((figure, place) => {
      const influence = figures[figure]?.();
      if (influence) scored.set([influence.value, ...blocksOf(influence)], place * width);
    });
    return scored;
  };

  return {
    spec,
    data,
    part,
    rows: table.rows,
    width,
    describe,
    /** The training of a number, with its seed; null if `ended`, which is called every few milliseconds, returns true. */
    trainWith(number: number, seed: number, ended: () => boolean): CountedTraining | null {
      const begun = performance.now();
      const outcome = trainTrial(plan, { seed, train, validation, scalings, series, initial }, ended);
      return outcome.state === "cancelled" ? null : countedTraining(number, outcome, begun, score);
    },
  };
}
