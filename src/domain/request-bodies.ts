/**
 * Bodies of requests that may be too long for the event loop, by the names under which threads parse them. Rows to predict, specs and
 * messages of other protocols are parsed elsewhere.
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

/** A parsed body. */
export type RequestBody<Name extends BodyName> = z.output<(typeof REQUEST_BODIES)[Name]>;

/** Parses a JSON body in UTF-8. Throws `malformed`, or `invalid` with every fault. */
export function parseRequestBody<Name extends BodyName>(name: Name, bytes: Uint8Array): RequestBody<Name> {
  return parseDocument<z.ZodType>(REQUEST_BODIES[name], bytes) as RequestBody<Name>;
}
