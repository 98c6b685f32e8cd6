/** Submit: a body becomes a queued job, or every reason why it cannot be one. */
import { invalid, TrainyardError } from "../domain/errors.ts";
import { createId } from "../domain/id.ts";
import type { Job } from "../domain/job.ts";
import type { Prepared } from "../domain/ports.ts";
import type { Services } from "./services.ts";

/** A body that is a job. */
export type Validated = Extract<Prepared, { ok: true }>;

export interface SubmitOptions {
  /** Store nothing; say what the body comes to. */
  readonly validateOnly: boolean;
}

/** Validates a body of UTF-8 JSON and queues it. Takes the body over. Throws malformed, or invalid with every failure. */
export async function submit(
  services: Services,
  body: Uint8Array,
  { validateOnly }: SubmitOptions,
): Promise<{ readonly job: Job } | { readonly validated: Validated }> {
  const prepared = await services.desk.prepare(ownBytes(body));
  if (!prepared.ok) throw refusal(prepared);
  if (validateOnly) return { validated: prepared };
  const { spec, parameters, memoryBytes, classes, payload } = prepared;
  const job = await services.store.insertJob({
    id: createId("job"),
    spec,
    parameters,
    memoryBytes,
    classes,
    payload,
    createdAt: Date.now(),
  });
  services.bus.publish(job.id);
  await services.queue.enqueue(job.id);
  return { job };
}

function refusal({ code, errors }: Extract<Prepared, { ok: false }>): TrainyardError {
  if (code === "invalid") return invalid(errors);
  return new TrainyardError("malformed", errors[0]?.detail ?? "the body is not JSON", errors);
}

function ownBytes(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}
