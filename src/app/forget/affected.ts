/**
 * Finds everything that saw the rows of a data set: related data sets, the jobs and models trained on them, and those that start from such
 * models.
 */
import type { ForgottenModel } from "../../domain/forget/forget.ts";
import type { RelatedDataset, UsingSweep } from "../../domain/forget/forget-store.ts";
import { isTerminal, type Job } from "../../domain/jobs/job.ts";
import { questionOf } from "../../domain/jobs/trained-spec.ts";
import type { Model } from "../../domain/models/model.ts";
import { ENDED_STATES, type SweepState } from "../../domain/sweeps/sweep.ts";
import type { ProjectServices } from "../services.ts";
import { MAX_WRITTEN_WEIGHTS } from "./retrained-body.ts";

/** Everything that saw the rows. */
export interface Affected {
  /** In the order in which they can be trained again. */
  readonly models: readonly ForgottenModel[];
  readonly sweeps: readonly UsingSweep[];
  /** Unfinished jobs and sweeps. */
  readonly running: readonly string[];
}

type Store = Pick<ProjectServices, "store">["store"];

/** Searches for it. */
export async function findAffected(
  store: Store,
  datasets: readonly Pick<RelatedDataset, "id" | "sha256">[],
): Promise<Affected> {
  const users = await Promise.all(datasets.map((dataset) => store.forgets.findUsers(dataset)));
  const jobs = new Map<string, Job>();
  const models = new Map<string, Model>();
  const why = new Map<string, string>();
  const addModel = async (id: string, reason: string | null): Promise<void> => {
    if (models.has(id)) return;
    const model = await store.models.get(id);
    if (!model) return;
    models.set(id, model);
    if (model.jobId !== null) await addJob(model.jobId, null);
    if (reason !== null) why.set(id, reason);
    for (const copy of await store.forgets.findCopies(model.sha256)) await addCopy(copy, id);
  };
  /** Whether a model is an imported copy. Other models with the same weights may have been trained without these rows. */
  const addCopy = async (id: string, of: string): Promise<void> => {
    if (id === of || models.has(id)) return;
    const model = await store.models.get(id);
    if (model?.jobId !== null || model.receipt.data !== null) return;
    await addModel(id, `it is an imported copy of ${of}`);
  };
  const addJob = async (id: string, reason: string | null): Promise<void> => {
    if (jobs.has(id)) return;
    const job = await store.jobs.get(id);
    if (!job) return;
    jobs.set(id, job);
    if (reason !== null) why.set(id, reason);
    if (job.model) await addModel(job.model.id, null);
  };
  for (const id of users.flatMap((each) => each.jobs)) await addJob(id, null);
  for (const id of users.flatMap((each) => each.models)) await addModel(id, null);
  await addStarts(store, { jobs, models, addJob });
  const sweeps = [...new Map(users.flatMap((each) => each.sweeps).map((sweep) => [sweep.id, sweep])).values()];
  const running = [
    ...[...jobs.values()].filter(({ state }) => !isTerminal(state)).map(({ id }) => id),
    ...sweeps.filter(({ state }) => !ENDED_STATES.includes(state as SweepState)).map(({ id }) => id),
  ];
  return { models: inOrder(jobs, models, why), sweeps, running };
}

interface Found {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly models: ReadonlyMap<string, Model>;
  addJob(id: string, reason: string | null): Promise<void>;
}

/** Adds jobs that start from the models found, until there are no more. */
async function addStarts(store: Store, { jobs, models, addJob }: Found): Promise<void> {
  const starts = await store.forgets.listStarts();
  for (let count = -1; count !== jobs.size; ) {
    count = jobs.size;
    for (const { job, model, checkpointOf } of starts) {
      if (checkpointOf !== null && jobs.has(checkpointOf))
        await addJob(job, `it starts from a checkpoint of ${checkpointOf}, which will be erased`);
      else if (model !== null && models.has(model)) await addJob(job, null);
    }
  }
}

/** Orders jobs: one that starts from a model comes after the job of that model. */
function inOrder(
  jobs: ReadonlyMap<string, Job>,
  models: ReadonlyMap<string, Model>,
  why: ReadonlyMap<string, string>,
): ForgottenModel[] {
  const ordered = new Map<string, ForgottenModel>();
  const add = (job: Job): void => {
    if (ordered.has(job.id)) return;
    const from = job.spec.init_from;
    const start = from && "model" in from ? models.get(from.model) : undefined;
    const startJob = start?.jobId ? jobs.get(start.jobId) : undefined;
    if (startJob && startJob.id !== job.id) add(startJob);
    const model = job.model ? models.get(job.model.id) : undefined;
    const before = start && (startJob ? ordered.get(startJob.id) : undefined);
    const cannotStart =
      start && (!before || before.why_not !== null)
        ? `it starts from ${start.id}, which is erased and not trained again`
        : null;
    const given = from && "state_dict" in from ? tooLarge(from.state_dict) : null;
    ordered.set(job.id, entry(job, model, model ? (asked(job) ?? why.get(job.id) ?? cannotStart ?? given) : null));
  };
  for (const id of [...jobs.keys()].sort()) add(jobs.get(id) as Job);
  const orphans = [...models.values()].filter(({ jobId }) => jobId === null || !jobs.has(jobId));
  return [
    ...ordered.values(),
    ...orphans.map((model) =>
      entry(null, model, why.get(model.id) ?? "its job was deleted, so it is not known how it was trained"),
    ),
  ];
}

const QUESTIONS = {
  influence: "which rows made a prediction",
  learning_curve: "whether more data would help",
  seeds: "how much a score owes to its seed",
} as const;

function asked({ spec }: Job): string | null {
  const question = (Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[]).find((each) => spec[each] !== undefined);
  return question ? `it asked ${QUESTIONS[question]}: ask the new model again` : null;
}

function tooLarge(shapes: Readonly<Record<string, { readonly shape: readonly number[] }>>): string | null {
  const count = Object.values(shapes).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return count > MAX_WRITTEN_WEIGHTS
    ? `its ${count} initial weights came with the request, and more than ${MAX_WRITTEN_WEIGHTS} cannot be sent again`
    : null;
}

function entry(job: Job | null, model: Model | undefined, whyNot: string | null): ForgottenModel {
  return {
    job: job?.id ?? null,
    job_name: job?.name ?? model?.name ?? "",
    model: model ? { id: model.id, name: model.name, version: model.version, aliases: [...model.aliases] } : null,
    retrained_as: null,
    replaced_by: null,
    is_question: job !== null && questionOf(job.spec) !== undefined,
    why_not: whyNot,
  };
}
