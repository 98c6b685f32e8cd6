/** What zod found wrong with a spec, as failures with JSON pointers: in a union, those of the option that was meant. */
import type { z } from "zod";
import { type FieldError, pointerOf } from "../errors.ts";
import { MAX_FIELD_ERRORS, oneOf } from "./zod-messages.ts";

export { MAX_FIELD_ERRORS } from "./zod-messages.ts";

/** The failures that zod found, each with its JSON pointer; a field that is not in the schema is named itself, not its parent. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.slice(0, MAX_FIELD_ERRORS).flatMap(issueErrors).slice(0, MAX_FIELD_ERRORS);
}

function issueErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    const details = issue.message.split("\n");
    const keys = issue.keys.slice(0, MAX_FIELD_ERRORS);
    return keys.map((key, index) => ({ pointer: pointerOf([...issue.path, key]), detail: details[index] ?? "" }));
  }
  if (issue.code === "invalid_union") return unionErrors(issue);
  return [{ pointer: pointerOf(issue.path), detail: issue.message }];
}

/** A union reports one list of issues an option: the option that the input came closest to says the most. */
function unionErrors(issue: z.core.$ZodIssueInvalidUnion): FieldError[] {
  const options = issue.errors.filter((issues) => issues.length > 0);
  if (options.length === 0) {
    const { discriminator, options: allowed } = issue as { discriminator?: string; options?: readonly unknown[] };
    const detail = discriminator && allowed ? `must be ${oneOf(allowed)}` : issue.message;
    return [{ pointer: pointerOf(issue.path), detail }];
  }
  const closest = options.reduce((best, issues) => (isCloser(issues, best) ? issues : best));
  const elsewhere = fieldsOfOthers(options, closest);
  return closest
    .flatMap((inner) => issueErrors({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue))
    .map((error) => {
      const isElsewhere = elsewhere.some((key) => error.pointer === pointerOf([...issue.path, key]));
      return isElsewhere ? { ...error, detail: "does not go with the other fields here" } : error;
    });
}

type Issues = readonly z.core.$ZodIssue[];

/** Whether an option is closer to the input: it fits in more fields or, with as many, its failures are deeper. */
function isCloser(issues: Issues, best: Issues): boolean {
  const difference = misfits(best) - misfits(issues);
  const depth = (of: Issues) => Math.max(...of.map(({ path, code }) => (code === "unrecognized_keys" ? 0 : path.length)));
  return difference === 0 ? depth(issues) > depth(best) : difference > 0;
}

/** Fields that are unknown, absent or of another kind: what tells one option from another. */
function misfits(issues: Issues): number {
  const isOther = ({ code, path }: z.core.$ZodIssue) =>
    path.length <= 1 && (code === "invalid_type" || code === "invalid_value");
  return unknownKeys(issues).length + issues.filter(isOther).length;
}

function unknownKeys(issues: Issues): string[] {
  return issues.flatMap((issue) => (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys : []));
}

/** Fields that the chosen option does not have, and another one does. */
function fieldsOfOthers(options: readonly Issues[], chosen: Issues): string[] {
  const isObject = (issues: Issues) => issues.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys");
  const objects = options.filter(isObject).map((issues) => new Set(unknownKeys(issues)));
  return unknownKeys(chosen)
    .slice(0, MAX_FIELD_ERRORS)
    .filter((key) => objects.some((unknown) => !unknown.has(key)));
}
