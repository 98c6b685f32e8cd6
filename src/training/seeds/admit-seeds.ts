/** Checks a request for other seeds against the model and the rows of its job, before anything is trained. */
import { type AdmittedSeeds, MAX_SEEDS_WORK, MIN_SEEDS, type SeedsRequest } from "../../domain/explanations/seeds.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { blockCount } from "../certainty/over-seeds.ts";
import { partsOf } from "../data/parts-of.ts";
import { trainingWork } from "../predict/row-work.ts";

/** Checks a request. Needs only the columns of a data set that split it. */
export function admitSeeds(run: TrainingRun, model: Model, { seeds }: SeedsRequest): AdmittedSeeds {
  const { train, validation, test } = partsOf(run).parts;
  const refused = (pointer: string, detail: string): AdmittedSeeds => ({ ok: false, errors: [{ pointer, detail }] });
  if (validation.length + test.length === 0)
    return refused(
      "",
      'the job of the model holds no rows out on which its seeds could be scored: train it with a split, such as {"validation": 0.2}',
    );
  const spec = trainedSpec(run.job.spec);
  const training = trainingWork(model, spec, train.length, validation.length);
  const work = (seeds + 1) * training;
  if (work <= MAX_SEEDS_WORK) return { ok: true, blocks: blockCount((test.length > 0 ? test : validation).length) };
  const limit = `${seeds + 1} trainings of ${spec.epochs} epochs on ${train.length} rows take ${work.toExponential(1)} multiply-adds, more than the limit of ${MAX_SEEDS_WORK.toExponential(0)}`;
  const affordable = Math.floor(MAX_SEEDS_WORK / training) - 1;
  return affordable >= MIN_SEEDS
    ? refused("/seeds", `${limit}: ask for ${affordable} seeds`)
    : refused("", `${limit}: ask a smaller model, or one of fewer epochs`);
}
