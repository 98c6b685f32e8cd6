/**
 * Bodies of requests that may be longer than the event loop reads at once: in a thread they are known by these names. Rows to predict, specs and
 * messages of other protocols are read elsewhere.
 */
import type { z } from "zod";
import { auditBody } from "./datasets/audit-request.ts";
import { correctionsBody } from "./datasets/corrections.ts";
import { influenceBody } from "./explanations/influence.ts";
import { partialDependenceBody } from "./explanations/partial-dependence.ts";
import { forgetBody } from "./forget/forget-request.ts";
import { parseDocument } from "./json-document.ts";
import { labelsBody } from "./label-fields.ts";
import { tagsBody } from "./models/registry.ts";
import { feedbackBody } from "./monitoring/requests.ts";
import { scheduleBody, scheduleChanges } from "./schedules/schedule.ts";
import { importBody } from "./sources/import-request.ts";

export const REQUEST_BODIES = {
  audit: auditBody,
  corrections: correctionsBody,
  feedback: feedbackBody,
  forget: forgetBody,
  import: importBody,
  influence: influenceBody,
  labels: labelsBody,
  partialDependence: partialDependenceBody,
  schedule: scheduleBody,
  scheduleChanges,
  tags: tagsBody,
} as const;

export type BodyName = keyof typeof REQUEST_BODIES;

/** A body that was read. */
export type RequestBody<Name extends BodyName> = z.output<(typeof REQUEST_BODIES)[Name]>;

/** Reads a body of JSON in UTF-8. Throws `malformed`, or `invalid` with every failure. */
export function parseRequestBody<Name extends BodyName>(name: Name, bytes: Uint8Array): RequestBody<Name> {
  return parseDocument<z.ZodType>(REQUEST_BODIES[name], bytes) as RequestBody<Name>;
}
