/**
 * Carries out a run that forgets rows until it has to wait. Each step may be repeated: if a process dies, another continues from its
 * record. Tables and trainings without the rows come first; nothing is erased before the last training has succeeded.
 */
import { TrainyardError } from "../../domain/errors.ts";
import {
  BEYOND_REACH,
  type Forget,
  type ForgetDocument,
  type ForgetState,
  type ForgottenModel,
} from "../../domain/forget/forget.ts";
import { createId } from "../../domain/id.ts";
import { isTerminal, type Job } from "../../domain/jobs/job.ts";
import { submit } from "../jobs/submit.ts";
import type { ProjectServices } from "../services.ts";
import { findAffected } from "./affected.ts";
import { eraseRecords, moveNames } from "./erase.ts";
import { storeWithoutRows } from "./forget-table.ts";
import { retrainedBody } from "./retrained-body.ts";

/** Stores the progress of a run. Throws if it was cancelled or another process has it. */
export type SaveRun = (state: ForgetState, document: ForgetDocument) => Promise<void>;

/** A run that this process carries out. */
export interface HeldRun {
  state: ForgetState;
  document: ForgetDocument;
  /** Changes the document and stores it. */
  change(values: Partial<ForgetDocument>, state?: ForgetState): Promise<void>;
}

/** Codes of submission failures that pass by themselves. */
const PASSING: readonly string[] = ["rate_limited", "unavailable", "storage_full", "timeout"];

/** Continues a run until it has ended or waits for a job. Overwriting the remains in the files is left to `scrub`. */
export async function carryOut(
  services: ProjectServices,
  { state, document }: Pick<Forget, "state" | "document">,
  save: SaveRun,
  scrub: () => Promise<string>,
): Promise<void> {
  const run: HeldRun = {
    state,
    document,
    async change(values, next = run.state) {
      const changed = { ...run.document, ...values };
      await save(next, changed);
      run.document = changed;
      run.state = next;
    },
  };
  if (run.state === "retraining") {
    await storeTables(services, run);
    if (!(await retrainAll(services, run)) || run.state !== "retraining") return;
    await run.change({ waitsFor: null }, "erasing");
  }
  await moveNames(services, run.document);
  do {
    const waitsFor = await eraseRecords(services, run.document);
    if (waitsFor !== null) return run.change({ waitsFor });
    // A job that was submitted just before its data set was erased is trained again too.
    if (!(await retrainAll(services, run))) return;
    await moveNames(services, run.document);
  } while (await addNewcomers(services, run));
  // Before the files are rewritten, so that the hashes in them go too.
  await run.change({ hashes: {} });
  await finish(run, await scrub());
}

async function storeTables(services: ProjectServices, run: HeldRun): Promise<void> {
  for (const [index, table] of run.document.datasets.entries()) {
    if (table.replaced_by !== null) continue;
    const renamed = new Map(run.document.datasets.flatMap(({ id, replaced_by }) => (replaced_by ? [[id, replaced_by]] : [])));
    const { id, sha256 } = await storeWithoutRows(services, table.id, run.document.rows, renamed);
    await run.change({ datasets: run.document.datasets.with(index, { ...table, replaced_by: id, sha256 }) });
  }
}

/** Adds jobs, models and sweeps that have seen the rows since the last search. Returns whether there were any. */
async function addNewcomers({ store }: ProjectServices, run: HeldRun): Promise<boolean> {
  const { datasets, hashes, models, sweeps } = run.document;
  const affected = await findAffected(
    store,
    datasets.map(({ id }) => ({ id, sha256: hashes[id] ?? "" })),
  );
  const jobs = new Set(models.map(({ job }) => job));
  const known = new Set(models.map(({ model }) => model?.id));
  const newModels = affected.models.filter(({ job, model }) => (job === null ? !known.has(model?.id) : !jobs.has(job)));
  const newSweeps = affected.sweeps.filter(({ id }) => !sweeps.some((sweep) => sweep.id === id));
  // A job that was running when it was found has a model by now.
  const grown = models.map((entry) => {
    const now = entry.job === null || entry.model ? undefined : affected.models.find(({ job }) => job === entry.job);
    return now?.model ? { ...entry, model: now.model, why_not: now.why_not } : entry;
  });
  const hasGrown = grown.some((entry, index) => entry !== models[index]);
  if (newModels.length + newSweeps.length === 0 && !hasGrown) return false;
  await run.change({
    models: [...grown, ...newModels],
    sweeps: [...sweeps, ...newSweeps.map(({ id, name }) => ({ id, name }))],
  });
  return true;
}

/** Trains everything that saw the rows again. Returns whether all of it is done; the run may have failed by then. */
async function retrainAll(services: ProjectServices, run: HeldRun): Promise<boolean> {
  do {
    const running = await runningJob(services, run.document);
    if (running !== null) {
      await run.change({ waitsFor: running });
      return false;
    }
    for (const index of run.document.models.keys()) {
      const waitsFor = await retrain(services, run, index);
      if (run.state === "failed") return true;
      if (waitsFor === null) continue;
      if (run.document.waitsFor !== waitsFor) await run.change({ waitsFor });
      return false;
    }
  } while (await addNewcomers(services, run));
  return true;
}

/** An unfinished job or sweep on the data sets. */
async function runningJob({ store }: ProjectServices, { datasets, hashes }: ForgetDocument): Promise<string | null> {
  const { running } = await findAffected(
    store,
    datasets.map(({ id }) => ({ id, sha256: hashes[id] ?? "" })),
  );
  return running[0] ?? null;
}

/** Submits the replacement of a job, or checks its state. Returns what it waits for. */
async function retrain(services: ProjectServices, run: HeldRun, index: number): Promise<string | null> {
  const { store } = services;
  const entry = run.document.models[index] as ForgottenModel;
  if (entry.model === null || entry.why_not !== null || entry.replaced_by !== null) return null;
  const set = (values: Partial<ForgottenModel>) =>
    run.change({ models: run.document.models.with(index, { ...(run.document.models[index] as ForgottenModel), ...values }) });
  const fail = async (why: string): Promise<null> => {
    if (run.document.eraseOthers || run.state === "erasing") await set({ why_not: why });
    else
      await run.change(
        { error: `${entry.job_name} cannot be trained without the rows: ${why}`, waitsFor: null, hashes: {} },
        "failed",
      );
    return null;
  };
  const id = entry.retrained_as ?? createId("job");
  if (entry.retrained_as === null) await set({ retrained_as: id });
  const known = await store.jobs.get(id);
  if (!known) {
    const old = entry.job === null ? null : await store.jobs.get(entry.job);
    if (!old) return fail("its job was deleted");
    const from = old.spec.init_from;
    const start = from && "model" in from ? run.document.models.find(({ model }) => model?.id === from.model) : undefined;
    // Its old weights have seen the rows, and so has everything that starts from them.
    if (start && start.replaced_by === null) return fail(`it starts from ${start.model?.id}, which is not trained again`);
    try {
      await submitAgain(services, run.document, old, id);
    } catch (error) {
      if (!(error instanceof TrainyardError)) throw error;
      return PASSING.includes(error.code) ? error.message : fail(error.message);
    }
    return id;
  }
  if (!isTerminal(known.state)) return id;
  const { model, error, state } = known;
  if (!model) return fail(error ? `${id} failed: ${error.code}` : `${id} is ${state}`);
  await set({ replaced_by: { id: model.id, name: model.name, version: model.version, sha256: model.sha256 } });
  return null;
}

async function submitAgain(services: ProjectServices, document: ForgetDocument, old: Job, id: string): Promise<void> {
  const { datasets, hashes, models, rows } = document;
  const tables = datasets.flatMap(({ id, replaced_by: now }) =>
    now ? [id, hashes[id] ?? ""].map((key): [string, string] => [key, now]) : [],
  );
  const trained = models.flatMap(({ model, replaced_by: now }) =>
    model && now ? [[model.id, now.id] as [string, string]] : [],
  );
  const payload = await services.store.jobs.readPayload(old.id);
  const body = await retrainedBody(old, payload, { datasets: new Map(tables), models: new Map(trained), rows });
  await submit(services, body, { validateOnly: false, id });
}

async function finish(run: HeldRun, storage: string): Promise<void> {
  const { datasets, models, sweeps, rows } = run.document;
  const receipt = {
    rows: rows.length,
    erased: {
      datasets: datasets.length,
      jobs: models.filter(({ job }) => job !== null).length,
      models: models.filter(({ model }) => model !== null).length,
      sweeps: sweeps.length,
    },
    storage,
    beyond_reach: [...BEYOND_REACH],
  };
  await run.change({ receipt, waitsFor: null, hashes: {} }, "succeeded");
}
