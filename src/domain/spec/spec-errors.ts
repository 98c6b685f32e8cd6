/** Converts zod's issues to errors with JSON pointers; for a union, to those of the most likely option. */
import type { z } from "zod";
import { type FieldError, pointerOf } from "../errors.ts";
import type { ExplainUnknown } from "./spellings.ts";
import { MAX_FIELD_ERRORS, oneOf } from "./zod-messages.ts";

export { MAX_FIELD_ERRORS } from "./zod-messages.ts";

/**
 * Converts zod's issues to errors with JSON pointers. The pointer of an unknown field is its own, not its parent's; `explain`
 * may say more about such fields.
 */
export function fieldErrors(error: z.ZodError, explain: ExplainUnknown = () => null): FieldError[] {
  const issues = error.issues.slice(0, MAX_FIELD_ERRORS);
  return issues.flatMap((issue) => issueErrors(issue, explain)).slice(0, MAX_FIELD_ERRORS);
}

function issueErrors(issue: z.core.$ZodIssue, explain: ExplainUnknown): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    const details = issue.message.split("\n");
    const path = issue.path as (string | number)[];
    return issue.keys.slice(0, MAX_FIELD_ERRORS).map((key, index) => ({
      pointer: pointerOf([...path, key]),
      detail: explain(path, key) ?? details[index] ?? "",
    }));
  }
  if (issue.code === "invalid_union") return unionErrors(issue, explain);
  return [{ pointer: pointerOf(issue.path), detail: issue.message }];
}

/** Chooses from a union, which has a list of issues per option, the issues of the option closest to the input. */
function unionErrors(issue: z.core.$ZodIssueInvalidUnion, explain: ExplainUnknown): FieldError[] {
  const options = issue.errors.filter((issues) => issues.length > 0);
  if (options.length === 0) {
    const { discriminator, options: allowed } = issue as { discriminator?: string; options?: readonly unknown[] };
    const detail = discriminator && allowed ? `must be ${oneOf(allowed)}` : issue.message;
    return [{ pointer: pointerOf(issue.path), detail }];
  }
  const closest = options.reduce((best, issues) => (isCloser(issues, best) ? issues : best));
  const elsewhere = fieldsOfOthers(options, closest);
  return closest
    .flatMap((inner) => issueErrors({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, explain))
    .map((error) => {
      const isElsewhere = elsewhere.some((key) => error.pointer === pointerOf([...issue.path, key]));
      return isElsewhere ? { ...error, detail: "cannot be combined with the other fields here" } : error;
    });
}

type Issues = readonly z.core.$ZodIssue[];

/** Whether an option is closer to the input: fewer fields misfit or, with equally many, its issues are deeper. */
function isCloser(issues: Issues, best: Issues): boolean {
  const difference = misfits(best) - misfits(issues);
  const depth = (of: Issues) => Math.max(...of.map(({ path, code }) => (code === "unrecognized_keys" ? 0 : path.length)));
  return difference === 0 ? depth(issues) > depth(best) : difference > 0;
}

/** Counts the fields that are unknown, missing or of another type, which distinguish options. */
function misfits(issues: Issues): number {
  const isOther = ({ code, path }: z.core.$ZodIssue) =>
    path.length <= 1 && (code === "invalid_type" || code === "invalid_value");
  return unknownKeys(issues).length + issues.filter(isOther).length;
}

function unknownKeys(issues: Issues): string[] {
  return issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : []));
}

/** The fields that the chosen option does not have but another option has. */
function fieldsOfOthers(options: readonly Issues[], chosen: Issues): string[] {
  const isObject = (issues: Issues) => issues.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys");
  const objects = options.filter(isObject).map((issues) => new Set(unknownKeys(issues)));
  return unknownKeys(chosen)
    .slice(0, MAX_FIELD_ERRORS)
    .filter((key) => objects.some((unknown) => !unknown.has(key)));
}
