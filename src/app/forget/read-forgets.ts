/** Reads runs that forget rows, and cancels one that has erased nothing yet. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { Forget } from "../../domain/forget/forget.ts";
import { isTerminal } from "../../domain/jobs/job.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { cancel } from "../jobs/cancel.ts";
import type { ProjectServices } from "../services.ts";

/** Returns a run. Throws not_found. */
export async function readForget({ store }: ProjectServices, id: string): Promise<Forget> {
  const run = await store.forgets.get(id);
  if (!run) throw notFound("forget run", id);
  return run;
}

/** Lists runs, newest first. */
export function listForgets({ store }: ProjectServices, page: PageRequest): Promise<Page<Forget>> {
  return store.forgets.list(page);
}

/**
 * Cancels a run and its unfinished jobs. Tables and models already made without the rows stay, under their new ids. Throws not_found, and
 * conflict if rows are being erased or the run has ended.
 */
export async function cancelForget(services: ProjectServices, id: string): Promise<Forget> {
  const { store, bus } = services;
  const { state } = await readForget(services, id);
  const cancelled = await store.forgets.cancel(id, Date.now());
  if (!cancelled) {
    const detail = state === "erasing" ? "its rows are being erased, which cannot be undone" : `it is ${state}`;
    throw new TrainyardError("conflict", detail);
  }
  for (const { retrained_as: job } of cancelled.document.models) {
    const found = job === null ? null : await store.jobs.get(job);
    if (found && !isTerminal(found.state)) await cancel(services, found.id).catch(ignoreEnded);
  }
  bus.publish(id);
  return cancelled;
}

/** The job has ended in the meantime. */
function ignoreEnded(error: unknown): void {
  if (!(error instanceof TrainyardError && error.code === "conflict")) throw error;
}
