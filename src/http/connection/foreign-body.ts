/** Requests of foreign protocols: their JSON, the binary tensors after it, and our own headers. */
import type { IncomingHttpHeaders } from "node:http";
import { TrainyardError } from "../../domain/errors.ts";
import { PREDICTION_ID_HEADER, predictionId } from "../../domain/monitoring/requests.ts";
import { JSON_LENGTH_HEADER } from "../../domain/protocols/routed-request.ts";

/** A body of JSON and the bytes after it. */
export interface FramedBody {
  readonly json: Uint8Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Returns the id under which the answers are kept; null if there is none. Throws `malformed` for an invalid id. */
export function keptAs(headers: IncomingHttpHeaders): string | null {
  const given = headers[PREDICTION_ID_HEADER];
  if (given === undefined) return null;
  // Headers of a POST have not been validated.
  const id = predictionId.safeParse(given);
  if (id.success) return id.data;
  throw new TrainyardError("malformed", `${PREDICTION_ID_HEADER} ${id.error.issues[0]?.message}`);
}

/** Cuts a body where the header says. Throws `malformed` if the body is shorter than that. */
export function framedBody(headers: IncomingHttpHeaders, body: unknown): FramedBody {
  const all = (body ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
  const given = headers[JSON_LENGTH_HEADER];
  if (given === undefined) return { json: all, bytes: all.subarray(all.length) };
  const length = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN;
  if (!(length <= all.length)) {
    const detail = `Inference-Header-Content-Length must be the bytes of the JSON, at most the ${all.length} of the body, not ${given}`;
    throw new TrainyardError("malformed", detail);
  }
  return { json: all.subarray(0, length), bytes: all.subarray(length) };
}
