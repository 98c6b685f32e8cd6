/** Submits a sweep: validates a request body and queues the sweep, or reports every error in the body. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import { freeMemory } from "../../domain/memory/free-memory.ts";
import type { Note } from "../../domain/notes.ts";
import type { Sweep } from "../../domain/sweeps/sweep.ts";
import type { PreparedSweep } from "../../domain/sweeps/trial-run.ts";
import { resolveReferences } from "../jobs/resolve-references.ts";
import { ownBytes, type SubmitOptions } from "../jobs/submit.ts";
import type { ProjectServices } from "../services.ts";
import { notifySweepChanged } from "./sweep-view.ts";

/** A body that passed validation. */
export type ValidatedSweep = Omit<Extract<PreparedSweep, { ok: true }>, "source">;

/** A queued sweep, and the notes on the data of its job. */
export interface SubmittedSweep {
  readonly sweep: Sweep;
  readonly notes: readonly Note[];
}

/**
 * Validates a body of UTF-8 JSON and queues the sweep. The caller must not use the body afterwards: it is transferred to a thread.
 * Throws malformed, or invalid with every failure.
 */
export async function submitSweep(
  services: ProjectServices,
  body: Uint8Array,
  { validateOnly, id }: SubmitOptions,
): Promise<SubmittedSweep | { readonly validated: ValidatedSweep }> {
  const known = id === undefined ? null : await services.store.sweeps.get(id);
  if (known) {
    // The server may have stopped after it stored the sweep and before it notified anyone.
    await notifySweepChanged(services, known);
    return { sweep: known, notes: [] };
  }
  const prepared = await prepare(services, ownBytes(body), !validateOnly);
  if (!prepared.ok) {
    const { code, errors } = prepared;
    if (code === "invalid") throw invalid(errors);
    throw new TrainyardError("malformed", errors[0]?.detail ?? "the body is not JSON", errors);
  }
  const { spec, source, chunkTrials, memoryBytes, notes, labels } = prepared;
  try {
    if (validateOnly) return { validated: prepared };
    const sweep = await services.store.sweeps.insert({
      id: id ?? createId("sweep"),
      spec,
      source,
      chunkTrials,
      memoryBytes,
      labels,
      bestJobId: createId("job"),
      createdAt: Date.now(),
      within: services.limits.project,
    });
    await notifySweepChanged(services, sweep);
    return { sweep, notes };
  } finally {
    freeMemory(source);
  }
}

async function prepare(services: ProjectServices, body: Uint8Array<ArrayBuffer>, keepsSource: boolean): Promise<PreparedSweep> {
  const { computePool } = services;
  const prepared = await computePool.prepareSweep(body, keepsSource);
  if (!("references" in prepared)) return prepared;
  const found = await resolveReferences(services, prepared.references);
  if (!("errors" in found)) return computePool.prepareSweepDraft(prepared, found, keepsSource);
  const errors = found.errors.map(({ pointer, detail }) => ({ pointer: `/job${pointer}`, detail }));
  return { ok: false, code: "invalid", errors };
}
