/** Submits a job: validates a request body and queues the job, or reports every error in the body. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import { freeMemory } from "../../domain/memory/free-memory.ts";
import type { Prepared } from "../../domain/ports.ts";
import { withDataFaults } from "../../domain/spec/salvage-spec.ts";
import type { ProjectServices } from "../services.ts";
import type { JobView } from "./job-view.ts";
import { notifyAndView } from "./notify-changed.ts";
import { resolveReferences } from "./resolve-references.ts";

/** A body that passed validation. Its payload is stored by now, or not needed. */
export type Validated = Omit<Extract<Prepared, { ok: true }>, "payload">;

export interface SubmitOptions {
  /** Stores nothing and returns the validated job. */
  readonly validateOnly: boolean;
  /** The id for the job, if it is known already. An existing job with this id is returned instead of a new one. */
  readonly id?: string | undefined;
}

/** A queued job. */
export interface Submitted {
  readonly view: JobView;
}

/**
 * Validates a body of UTF-8 JSON and queues the job. The caller must not use the body afterwards: it is transferred to a
 * thread. Throws malformed, or invalid with every failure.
 */
export async function submit(
  services: ProjectServices,
  body: Uint8Array,
  { validateOnly, id }: SubmitOptions,
): Promise<Submitted | { readonly validated: Validated }> {
  const known = id === undefined ? null : await services.store.jobs.get(id);
  // Notify again: the server may have stopped after it stored the job and before it notified anyone.
  if (known) return { view: await notifyAndView(services, known) };
  const prepared = await prepare(services, ownBytes(body));
  if (!prepared.ok) throw refusal(prepared);
  const { spec, parameters, memoryBytes, classes, payload, notes, labels } = prepared;
  try {
    if (validateOnly) return { validated: prepared };
    const job = await services.store.jobs.insert({
      id: id ?? createId("job"),
      spec,
      parameters,
      memoryBytes,
      classes,
      notes,
      labels,
      payload,
      createdAt: Date.now(),
      within: services.limits.project,
    });
    return { view: await notifyAndView(services, job) };
  } finally {
    freeMemory(payload?.data);
  }
}

/** Prepares a body, and resolves its references if it has any. */
async function prepare(services: ProjectServices, body: Uint8Array<ArrayBuffer>): Promise<Prepared> {
  const { computePool } = services;
  const prepared = await computePool.prepare(body);
  if (!("references" in prepared)) return prepared;
  const { references, faults = [] } = prepared;
  const found = await resolveReferences(services, references);
  const finished: Prepared =
    "errors" in found ? { ok: false, code: "invalid", errors: found.errors } : await computePool.prepareDraft(prepared, found);
  if (faults.length === 0) return finished;
  return { ok: false, code: "invalid", errors: withDataFaults(faults, finished.ok ? [] : finished.errors) };
}

function refusal({ code, errors }: Extract<Prepared, { ok: false }>): TrainyardError {
  if (code === "invalid") return invalid(errors);
  return new TrainyardError("malformed", errors[0]?.detail ?? "the body is not JSON", errors);
}

/** Returns bytes whose memory can be transferred. */
export function ownBytes(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}
