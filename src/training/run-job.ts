/** Runs a prepared job: one training, a search for its network, or the trainings that answer a question about a model. */
import type { TrainingResult, TrainingRun } from "../domain/ports.ts";
import { isSearch } from "../domain/spec/spec.ts";
import { search } from "./auto/search.ts";
import { asksInfluence, influence } from "./influence/influence.ts";
import { asksLearningCurve, learningCurve } from "./learning-curve/learning-curve.ts";
import { referenceOf } from "./monitoring/reference.ts";
import type { RunControl } from "./run/run-control.ts";
import { train } from "./run/train.ts";
import { asksSeeds, seeds } from "./seeds/seeds.ts";

/** Runs a job to its end, from its start or from a checkpoint. Throws only on bugs. */
export function runJob(run: TrainingRun, control: RunControl): TrainingResult {
  const { spec } = run.job;
  if (asksInfluence(spec)) return influence({ ...run, job: { ...run.job, spec } }, control);
  if (asksLearningCurve(spec)) return learningCurve({ ...run, job: { ...run.job, spec } }, control);
  if (asksSeeds(spec)) return seeds({ ...run, job: { ...run.job, spec } }, control);
  const result = isSearch(spec) ? search({ ...run, job: { ...run.job, spec } }, control) : train(run, control);
  return result.state === "succeeded" ? withReference(run, result) : result;
}

function withReference(run: TrainingRun, result: Extract<TrainingResult, { state: "succeeded" }>): TrainingResult {
  const { model, weights } = result;
  return { ...result, model: { ...model, reference: referenceOf(run, model, weights) } };
}
