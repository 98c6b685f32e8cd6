/**
 * The trainings of a job that finds the rows behind a prediction: it trains its network on all rows, and then once for each row left out,
 * whose weight is 0, and predicts the rows in question each time. An epoch of the job is a training. A function of spec, rows and seed.
 */

import { type Influence, type InfluenceOptions, listedChanges } from "../../domain/explanations/influence.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { NetworkSpec, ResolvedSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { type JobData, loadData } from "../data/data.ts";
import type { Table } from "../data/table.ts";
import { trainedModel } from "../evaluate/trained-model.ts";
import { initialTensors } from "../many/initial-tensors.ts";
import { countedTraining, type JobOfTrainings } from "../many/job-of-trainings.ts";
import { type TrialOutcome, trainTrial } from "../many/train-many.ts";
import { planTrials } from "../many/trial-plan.ts";
import { createInference, type Inference, SMALL_BLOCK } from "../predict/inference.ts";
import { sizesOf } from "../run/sizes.ts";
import { followedOf, readAsked } from "./asked-rows.ts";
import { chosenRows, countedRows, createLeftOutWeights, givenWeights } from "./left-out-rows.ts";

/** The run of a job that finds the rows behind a prediction. */
export type InfluenceRun = TrainingRun & { readonly job: { readonly spec: InfluenceSpec } };
type InfluenceSpec = ResolvedSpec & { readonly influence: InfluenceOptions };

/** Whether a job finds the rows behind a prediction. */
export const asksInfluence = (spec: ResolvedSpec): spec is InfluenceSpec => spec.influence !== undefined;

/** The trainings of a job, in which one row has weight 0. */
export interface Retraining {
  readonly spec: NetworkSpec;
  readonly data: JobData;
  /** Trains without a row, by its number in the data, or with all rows if it is null. `ended` is called every few milliseconds. */
  train(row: number | null, ended?: () => boolean): TrialOutcome;
  /** Describes the weights of a training as a model. */
  describe(weights: TensorSet): ReturnType<typeof trainedModel>;
}

/**
 * Compiles the trainings of a job once for all rows. Its network is given: searches are refused before.
 *
 * @internal Exported for tests.
 */
export function createRetraining(run: TrainingRun): Retraining {
  const { classes, parameters } = run.job;
  const spec = trainedSpec(run.job.spec) as NetworkSpec;
  const given = loadData(run);
  const weigh = createLeftOutWeights(given.parts.train, givenWeights(spec, run.dataset));
  const weighted = (part: Table | null) => part && { ...part, weights: part.weights ?? new Float32Array(part.rows).fill(1) };
  const data = { ...given, train: { ...given.train, weights: weigh(null) }, validation: weighted(given.validation) };
  const plan = planTrials(spec, sizesOf(data, classes.length));
  const initial = initialTensors({ spec, payload: run.payload });
  const series: readonly Series[] = data.validation ? ["loss", "val_loss"] : ["loss"];
  const { network } = plan.stepsFor(spec.optimizer).steps.plan;
  return {
    spec,
    data: given,
    train: (row, ended) =>
      trainTrial(
        plan,
        { seed: spec.seed, train: { ...data.train, weights: weigh(row) }, validation: data.validation, series, initial },
        ended,
      ),
    describe: (weights) => trainedModel({ spec, classes, parameters }, network, data, weights),
  };
}

/** The trainings of the job, and its answer. */
export function influence(run: InfluenceRun): JobOfTrainings {
  const { spec } = run.job;
  const asked = spec.influence;
  const retraining = createRetraining(run);
  const { data } = retraining;
  const rows = chosenRows(countedRows(data.parts.train, givenWeights(spec, run.dataset)), asked.rows);
  const predict = createPrediction(retraining, asked);
  return {
    ...retraining,
    trainings: rows.length + 1,
    train(number, ended) {
      const begun = performance.now();
      const outcome = retraining.train(number === 0 ? null : (rows[number - 1] as number), ended);
      return outcome.state === "cancelled" ? null : countedTraining(number, outcome, begun, predict);
    },
    answer(model, outputs) {
      const width = outputs.length / (rows.length + 1);
      const answer: Influence = {
        model: asked.model,
        agrees: model.sha256 === asked.sha256,
        training_rows: data.train.rows,
        rows: [...rows],
        predictions: followedOf(model, asked, outputs.subarray(0, width)).map(({ changes, ...prediction }) => ({
          ...prediction,
          ...listedChanges(rows, changes(outputs.subarray(width))),
        })),
      };
      return {
        reason: `trained on all rows, and ${rows.length} times with one of them at weight 0`,
        evaluation: { influence: answer },
      };
    },
  };
}

/** Creates the function that predicts the rows in question with the weights of a training. */
function createPrediction({ describe }: Retraining, asked: InfluenceOptions) {
  let inference: { readonly network: Inference; readonly features: Float32Array } | null = null;
  return (trained: TensorSet): Float32Array => {
    if (!inference) {
      const model = describe(trained);
      inference = { network: createInference(model, trained, [SMALL_BLOCK]), features: readAsked(model, asked).features };
    }
    const { network, features } = inference;
    network.load(trained);
    return network.outputs(features, asked.instances.length);
  };
}
