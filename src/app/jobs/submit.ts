/** Submit: a body becomes a queued job, or every reason why it cannot be one. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { Prepared } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";
import { resolveReferences } from "./resolve-references.ts";

/** A body that is a job. */
export type Validated = Extract<Prepared, { ok: true }>;

/** What preparing comes to once references are resolved. */
type Settled = Exclude<Prepared, { code: "references" }>;

export interface SubmitOptions {
  /** Store nothing; say what the body comes to. */
  readonly validateOnly: boolean;
  /** The job's id, where it is known before: a job that has it already is given back. */
  readonly id?: string | undefined;
}

/** Validates a body of UTF-8 JSON and queues it. Takes the body over. Throws malformed, or invalid with every failure. */
export async function submit(
  services: ProjectServices,
  body: Uint8Array,
  { validateOnly, id }: SubmitOptions,
): Promise<{ readonly job: Job } | { readonly validated: Validated }> {
  const known = id === undefined ? null : await services.store.getJob(id);
  if (known) return { job: await announce(services, known) };
  const prepared = await prepare(services, ownBytes(body));
  if (!prepared.ok) throw refusal(prepared);
  if (validateOnly) return { validated: prepared };
  const { spec, parameters, memoryBytes, classes, payload } = prepared;
  const job = await services.store.insertJob({
    id: id ?? createId("job"),
    spec,
    parameters,
    memoryBytes,
    classes,
    payload,
    createdAt: Date.now(),
    within: services.limits.project,
  });
  return { job: await announce(services, job) };
}

/** Tells the queue of a job, once more if it was told already: the server may have stopped between storing and telling. */
export async function announce({ bus, queue }: Pick<ProjectServices, "bus" | "queue">, job: Job): Promise<Job> {
  bus.publish(job.id);
  if (job.state === "queued") await queue.enqueue(job.id);
  return job;
}

/** Looks up what the body refers to, if it refers to anything. */
async function prepare(services: ProjectServices, body: Uint8Array<ArrayBuffer>): Promise<Settled> {
  const first = await services.computePool.prepare(body);
  if (first.ok || first.code !== "references") return first;
  const found = await resolveReferences(services, first.references);
  if ("errors" in found) return { ok: false, code: "invalid", errors: found.errors };
  const second = await services.computePool.prepare(first.body, found);
  if (!second.ok && second.code === "references") throw new Error("a body refers to things that were resolved already");
  return second;
}

function refusal({ code, errors }: Extract<Settled, { ok: false }>): TrainyardError {
  if (code === "invalid") return invalid(errors);
  return new TrainyardError("malformed", errors[0]?.detail ?? "the body is not JSON", errors);
}

function ownBytes(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}
