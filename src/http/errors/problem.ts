/**
 * Errors on the wire: the one table that maps a code to a status, and the RFC 9457 document of an error. Knows every error that Fastify
 * itself raises, but not why the use cases raise theirs.
 */
import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { CURE_CODES, type Cure, type ErrorCode, type FieldError, TrainyardError } from "../../domain/errors.ts";

/** Codes of HTTP only, in addition to those of the domain. */
type ProblemCode = ErrorCode | "headers_too_large" | "method_not_allowed" | "upgrade_required" | "internal";

/** The status of each code. */
export const STATUS_OF: Readonly<Record<ProblemCode, number>> = {
  malformed: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 408,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  upgrade_required: 426,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
  storage_full: 507,
};

/** Statuses after which a retry is worthwhile, in this many seconds (`Retry-After`). */
export const RETRY_AFTER_S: Readonly<Record<number, number>> = { 429: 1, 503: 5 };

export const PROBLEM_TYPE = "application/problem+json";

const problemCodes = Object.keys(STATUS_OF) as [ProblemCode, ...ProblemCode[]];

const fieldError = z.object({
  pointer: z.string().meta({
    description:
      "JSON pointer (RFC 6901) into the body, empty for all of it. When query, path or header parameters are wrong: `/` and the parameter's name.",
  }),
  detail: z.string().meta({ description: "What is wrong, and what is allowed." }),
});

const cure = z.object({
  code: z.enum(CURE_CODES).meta({ description: "What helps, for a program." }),
  of: z
    .string()
    .optional()
    .meta({ description: "The resource that is meant.", examples: ["iris"] }),
  words: z.string().meta({ description: "The end of `detail` that says it.", examples: ["GET /v1/models lists them"] }),
});

/** The document of RFC 9457 that answers every error. */
export const problem = z
  .object({
    type: z.literal("about:blank"),
    title: z.string().meta({ description: "The reason phrase of the status." }),
    status: z.int().meta({ description: "The HTTP status." }),
    detail: z.string().meta({ description: "What happened, for a person." }),
    instance: z.string().meta({ description: "The id of the request, as in the server log." }),
    code: z.enum(problemCodes).meta({ description: "What happened, for a program." }),
    errors: z.array(fieldError).optional().meta({ description: "Every failure found, when the code is `invalid`." }),
    cure: cure.optional().meta({
      description: "What helps, when `detail` ends with a route: for clients that have commands or links instead.",
    }),
  })
  .meta({
    id: "Problem",
    description: "An error, as in RFC 9457.",
    examples: [
      {
        type: "about:blank",
        title: "Unprocessable Entity",
        status: 422,
        detail: "/model/layers/2/units: must be at least 1",
        instance: "urn:uuid:0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
        code: "invalid",
        errors: [{ pointer: "/model/layers/2/units", detail: "must be at least 1" }],
      },
    ],
  });

export type Problem = z.output<typeof problem>;

/** The codes of errors that Fastify raises, where its status alone does not determine them. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_VALIDATION: "invalid",
  FST_ERR_NOT_FOUND: "not_found",
  FST_ERR_MAX_PARAM_LENGTH: "not_found",
};

interface FastifyFault {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
  readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string;
}

/** What the answer to an error needs besides the error. */
export interface Occurrence {
  readonly requestId: string;
  /** The maximum bytes of this route's body, for the detail of `too_large`. */
  readonly bodyLimit: number;
  /** The content type of the request, and those that the route accepts, for the detail of `unsupported_media_type`. */
  readonly contentType?: string | undefined;
  readonly acceptedTypes?: readonly string[];
}

/** The problem document of anything that was thrown. An unknown error becomes a 500 that reveals nothing of its cause. */
export function toProblem(error: unknown, occurrence: Occurrence): Problem {
  const { requestId, bodyLimit } = occurrence;
  const document = (code: ProblemCode, detail: string, errors?: Problem["errors"], helps?: Cure | null): Problem => ({
    type: "about:blank",
    title: STATUS_CODES[STATUS_OF[code]] ?? code,
    status: STATUS_OF[code],
    detail,
    instance: `urn:uuid:${requestId}`,
    code,
    ...(errors && errors.length > 0 ? { errors } : {}),
    ...(helps ? { cure: helps } : {}),
  });
  if (error instanceof TrainyardError) return document(error.code, error.message, [...error.errors], error.cure);
  if (error instanceof ProtocolError) return document(error.code, error.message);
  if (isOutOfDescriptors(error))
    return document("unavailable", "the server has too many files and connections open: try again soon");
  const fault = error as FastifyFault;
  const code = codeOf(fault);
  if (code === "too_large") return document(code, `the body is larger than the limit of ${bodyLimit} bytes`);
  if (code === "unsupported_media_type") return document(code, contentTypeDetail(occurrence));
  if (code === "invalid") return document(code, parameterDetail(fault), parameterErrors(fault));
  if (code === "internal") return document(code, "internal error; see the server log under the id of this request");
  return document(code, fault.message);
}

/** The error codes when a process, or a machine, may open no more files. */
const OUT_OF_DESCRIPTORS: ReadonlySet<string | undefined> = new Set(["EMFILE", "ENFILE"]);

/** Whether something failed because no more files can be opened, at any depth of its causes. */
export function isOutOfDescriptors(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    if (OUT_OF_DESCRIPTORS.has(code)) return true;
    // Node gives the reason why a thread did not start only as text.
    if (code === "ERR_WORKER_INIT_FAILED" && /\bE[MN]FILE\b/.test(each.message)) return true;
  }
  return false;
}

/** An error that only HTTP has: a method that a path does not accept, or a stream requested without an upgrade. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProblemCode;

  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** What curl sends by default: the most common mistake. */
const FORM_TYPE = "application/x-www-form-urlencoded";

function contentTypeDetail({ contentType, acceptedTypes = [] }: Occurrence): string {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  const [first = "application/json", ...others] = acceptedTypes;
  const given = type
    ? `this path takes no ${type}${type === FORM_TYPE ? ", which curl -d sends by itself" : ""}`
    : "the content type is missing";
  const more = others.length > 0 ? ` (or ${others.join(", ")})` : "";
  return `${given}: send -H 'content-type: ${first}'${more}`;
}

function codeOf({ code, statusCode }: FastifyFault): ProblemCode {
  const known = code === undefined ? undefined : FASTIFY_CODES[code];
  if (known) return known;
  if (statusCode === undefined || statusCode >= 500 || statusCode < 400) return "internal";
  return problemCodes.find((candidate) => STATUS_OF[candidate] === statusCode) ?? "malformed";
}

function parameterErrors({ validation = [] }: FastifyFault): FieldError[] {
  return validation.map(({ instancePath, message = "is invalid" }) => ({ pointer: instancePath, detail: message }));
}

function parameterDetail(fault: FastifyFault): string {
  const place = PLACES[fault.validationContext ?? ""] ?? "request";
  return parameterErrors(fault)
    .map(({ pointer, detail }) => `${place} parameter ${pointer.slice(1)}: ${detail}`)
    .join("; ");
}

const PLACES: Readonly<Record<string, string>> = { params: "path", querystring: "query", headers: "header" };
