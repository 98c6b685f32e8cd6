/** Submit: a body becomes a queued job, or every reason why it cannot be one. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Note } from "../../domain/notes.ts";
import type { Prepared } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";
import type { JobView } from "./job-view.ts";
import { notifyAndView } from "./notify-changed.ts";
import { resolveReferences } from "./resolve-references.ts";

/** A body that is a job. */
export type Validated = Extract<Prepared, { ok: true }>;

export interface SubmitOptions {
  /** Store nothing; say what the body comes to. */
  readonly validateOnly: boolean;
  /** The job's id, where it is known before: a job that has it already is given back. */
  readonly id?: string | undefined;
}

/** A job that was queued, and what was noted on its data. */
export interface Submitted {
  readonly view: JobView;
  readonly notes: readonly Note[];
}

/** Validates a body of UTF-8 JSON and queues it. Takes the body over. Throws malformed, or invalid with every failure. */
export async function submit(
  services: ProjectServices,
  body: Uint8Array,
  { validateOnly, id }: SubmitOptions,
): Promise<Submitted | { readonly validated: Validated }> {
  const known = id === undefined ? null : await services.store.jobs.get(id);
  // Told once more: the server may have stopped between storing and telling.
  if (known) return { view: await notifyAndView(services, known), notes: [] };
  const prepared = await prepare(services, ownBytes(body));
  if (!prepared.ok) throw refusal(prepared);
  if (validateOnly) return { validated: prepared };
  const { spec, parameters, memoryBytes, classes, payload, notes } = prepared;
  const job = await services.store.jobs.insert({
    id: id ?? createId("job"),
    spec,
    parameters,
    memoryBytes,
    classes,
    payload,
    createdAt: Date.now(),
    within: services.limits.project,
  });
  return { view: await notifyAndView(services, job), notes };
}

/** Prepares a body, and resolves what it refers to, if it refers to anything. */
async function prepare(services: ProjectServices, body: Uint8Array<ArrayBuffer>): Promise<Prepared> {
  const { computePool } = services;
  const prepared = await computePool.prepare(body);
  if (!("references" in prepared)) return prepared;
  const found = await resolveReferences(services, prepared.references);
  if ("errors" in found) return { ok: false, code: "invalid", errors: found.errors };
  return computePool.prepareDraft(prepared, found);
}

function refusal({ code, errors }: Extract<Prepared, { ok: false }>): TrainyardError {
  if (code === "invalid") return invalid(errors);
  return new TrainyardError("malformed", errors[0]?.detail ?? "the body is not JSON", errors);
}

function ownBytes(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}
