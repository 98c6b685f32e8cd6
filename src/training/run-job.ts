/** Runs a prepared job: one training, a search for its network, or the trainings that answer a question about a model. */
import type { TrainingResult, TrainingRun } from "../domain/ports.ts";
import { isSearch } from "../domain/spec/spec.ts";
import { createPartTrainer, search } from "./auto/search.ts";
import { asksInfluence, influence } from "./influence/influence.ts";
import { asksLearningCurve, learningCurve } from "./learning-curve/learning-curve.ts";
import { type JobOfTrainings, runTrainings } from "./many/job-of-trainings.ts";
import { referenceOf } from "./monitoring/reference.ts";
import type { RunControl } from "./run/run-control.ts";
import { train } from "./run/train.ts";
import { asksSeeds, seeds } from "./seeds/seeds.ts";

/** Runs a job to its end, from its start or from a checkpoint. Throws only on bugs. */
export function runJob(run: TrainingRun, control: RunControl): TrainingResult {
  const trainings = trainingsOf(run);
  if (trainings) return runTrainings(run, control, trainings);
  const { spec } = run.job;
  const result = isSearch(spec) ? search({ ...run, job: { ...run.job, spec } }, control) : train(run, control);
  return result.state === "succeeded" ? withReference(run, result) : result;
}

/**
 * Creates the function by which another thread trains for the job, by the numbers of its candidates or trainings. Throws an Error for a job
 * that is one training.
 */
export function createAssistantTrainer(run: TrainingRun): (number: number) => unknown {
  const trainings = trainingsOf(run);
  return trainings ? (number) => trainings.train(number, () => false) : createPartTrainer(run);
}

/** The trainings of a job that asks a question; null for other jobs. */
function trainingsOf(run: TrainingRun): JobOfTrainings | null {
  const { spec } = run.job;
  if (asksInfluence(spec)) return influence({ ...run, job: { ...run.job, spec } });
  if (asksLearningCurve(spec)) return learningCurve({ ...run, job: { ...run.job, spec } });
  if (asksSeeds(spec)) return seeds({ ...run, job: { ...run.job, spec } });
  return null;
}

function withReference(run: TrainingRun, result: Extract<TrainingResult, { state: "succeeded" }>): TrainingResult {
  const { model, weights } = result;
  return { ...result, model: { ...model, reference: referenceOf(run, model, weights) } };
}
