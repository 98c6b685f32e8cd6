/**
 * Carries out a run of a schedule until it has to wait: fetch the table, train on it, compare, move the alias. Each step may be repeated:
 * if a process dies, another continues from its record.
 */
import { createHash } from "node:crypto";
import { TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import { isTerminal, type Job } from "../../domain/jobs/job.ts";
import type { Model } from "../../domain/models/model.ts";
import {
  type EndedRunState,
  type RunComparison,
  type RunDocument,
  resultText,
  type Schedule,
  type ScheduleRun,
} from "../../domain/schedules/schedule.ts";
import type { RunChange } from "../../domain/schedules/schedule-store.ts";
import { SourceError } from "../../domain/sources/source-fetcher.ts";
import { importTable } from "../datasets/import-table.ts";
import { submit } from "../jobs/submit.ts";
import { setAlias } from "../models/name-models.ts";
import { copyMonitoringOptions } from "../monitoring/copy-monitoring-options.ts";
import type { ProjectServices } from "../services.ts";
import { compareWithOld, isBetter } from "./compare-with-old.ts";
import { jobBody } from "./job-body.ts";
import { removeOldTables } from "./remove-old-tables.ts";

/** Stores the progress of a run. Throws if another process has it, or it was deleted. */
export type SaveRun = (change: Omit<RunChange, "finishedAt">) => Promise<void>;

/** Maximum attempts to fetch and submit, and to compare, before the run has failed. */
const MAX_ATTEMPTS = 4;
/** The wait before the second attempt; it doubles with each. */
const FIRST_WAIT_MS = 30_000;
/** Codes of failures that pass by themselves. */
const PASSING: readonly string[] = ["rate_limited", "unavailable", "storage_full", "timeout"];
/** What the record says of an error that only the operator may read. */
const INTERNAL = "internal error; see the server log";

/** Continues a run until it has ended, waits for its job, or is to be tried again later. */
export async function carryOut(
  services: ProjectServices,
  schedule: Schedule,
  { id, state, document }: Pick<ScheduleRun, "id" | "state" | "document">,
  save: SaveRun,
  signal: AbortSignal,
): Promise<void> {
  let held = document;
  let at: RunChange["state"] = state;
  const keep = async (values: Partial<RunDocument>, next = at): Promise<void> => {
    held = { ...held, ...values };
    at = next;
    await save({ state: next, document: held });
  };
  const end = async (next: EndedRunState, values: Partial<RunDocument> = {}): Promise<void> => {
    held = { ...held, ...values };
    const { sha256, etag } = held;
    // A table that already has a model is neither trained on again, nor fetched while the source says that it is unchanged.
    const isKnown = next !== "failed" && sha256 !== null;
    await save({ state: next, document: held, ...(isKnown && { known: { sha256, etag, of: held.of ?? null } }) });
    await removeOldTables(services, schedule);
  };
  const fail = (error: string) => end("failed", { error });

  if (held.isSubmitted) {
    const job = await services.store.jobs.get(held.job as string);
    if (job && !isTerminal(job.state)) return;
  }
  if (held.attempts >= MAX_ATTEMPTS)
    return fail(held.error ?? `no attempt finished: the server stopped during each of ${MAX_ATTEMPTS}`);
  await keep({ attempts: held.attempts + 1, retryAt: null });
  try {
    if (held.dataset === null) {
      const fetched = await fetchTable(services, schedule, signal);
      if (fetched === null || fetched.sha256 === schedule.sha256) return await end("unchanged", fetched ?? {});
      await keep({ ...fetched, of: createHash("sha256").update(resultText(schedule.document)).digest("hex"), error: null });
    }
    if (held.job === null) {
      // The id is stored before the job: submitting it again finds it.
      await keep({ job: createId("job") }, "training");
    }
    const job = await jobOf(services, schedule, held).catch(async (error: unknown) => {
      if (held.isSubmitted || (await services.store.datasets.describe(held.dataset as string))) throw error;
      // Somebody deleted the table, or the schedule did that had made it.
      await keep({ dataset: null });
      throw new TrainyardError("unavailable", "the table was deleted before its job was submitted: it is fetched again");
    });
    // What comes next has attempts of its own.
    if (!held.isSubmitted) await keep({ isSubmitted: true, attempts: 0, error: null });
    if (!isTerminal(job.state)) return;
    const model = job.model && (await services.store.models.get(job.model.id));
    if (job.state !== "succeeded")
      return await fail(`the job ${job.state}: ${job.error?.detail ?? job.transitions.at(-1)?.reason ?? ""}`);
    if (!model) return await fail("the model of the job was deleted");
    await keep({ model: { id: model.id, name: model.name, version: model.version } }, "comparing");
    await end(...(await promote(services, schedule, model, job, (comparison) => keep({ comparison }))));
  } catch (error) {
    if (signal.aborted || error instanceof RunLost) throw error;
    const isSaid = error instanceof TrainyardError;
    if (!isSaid) services.log.error({ err: error, schedule_id: schedule.id, run_id: id }, "a run of a schedule hit an error");
    const said = isSaid ? error.message : INTERNAL;
    const mayPass = !isSaid || PASSING.includes(error.code) || (error instanceof SourceError && error.isTransient);
    if (!mayPass || held.attempts >= MAX_ATTEMPTS) return await fail(said);
    await keep({ error: said, retryAt: Date.now() + FIRST_WAIT_MS * 2 ** Math.max(0, held.attempts - 1) });
  }
}

/** Thrown when this process has lost the run. */
export class RunLost extends Error {}

/** The data set, or null if the source still has the state of the last model. */
async function fetchTable(services: ProjectServices, { project, document, etag }: Schedule, signal: AbortSignal) {
  const { name, source, format, reading } = document;
  const imported = await importTable(services, project, { name, source, format, reading }, { etag, signal, waits: true });
  if (!imported) return null;
  const { summary, etag: tag, created } = imported;
  return { dataset: summary.id, sha256: summary.sha256, etag: tag, isOwnTable: created };
}

/** The job of a run, submitted if it does not exist yet. Throws what a submission throws. */
async function jobOf(services: ProjectServices, { document }: Schedule, run: RunDocument): Promise<Job> {
  const { store } = services;
  const id = run.job as string;
  const known = await store.jobs.get(id);
  if (known) return known;
  if (run.isSubmitted) throw new TrainyardError("conflict", "the job was deleted");
  await submit(services, jobBody(document, run.dataset as string), { validateOnly: false, id });
  const submitted = await store.jobs.get(id);
  if (!submitted) throw new TrainyardError("conflict", "the job was deleted");
  return submitted;
}

/** How the run ends, and what its record says. */
async function promote(
  services: ProjectServices,
  { project, document }: Schedule,
  fresh: Model,
  job: Job,
  keep: (comparison: RunComparison) => Promise<void>,
): Promise<[EndedRunState, Partial<RunDocument>]> {
  const { promote: promotion } = document;
  if (!promotion) return ["trained", {}];
  const { store } = services;
  const { alias } = promotion;
  const { name, version } = fresh;
  const old = await store.models.find({ kind: "alias", name, alias });
  if (old?.id === fresh.id) return ["promoted", {}];
  const comparison = old && (await compareWithOld(services, project, old, fresh, job, promotion));
  if (comparison && !isBetter(comparison, promotion)) return ["kept", { comparison }];
  const now = await store.models.find({ kind: "alias", name, alias });
  if (comparison && now?.id !== old?.id)
    return ["kept", { comparison: { ...comparison, reason: `${name}@${alias} moved while they were compared` } }];
  if (old) await copyMonitoringOptions(services, old.id, fresh.id);
  // Stored first: if the process dies after this, the record still says why the alias moved. A process that has lost the run moves no
  // alias.
  if (comparison) await keep(comparison);
  await setAlias(services, name, alias, version);
  return ["promoted", {}];
}
