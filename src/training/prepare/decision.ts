/** Whether the decision that a spec asks for fits its data. */
import type { FieldError } from "../../domain/errors.ts";
import type { JobSpec } from "../../domain/spec/spec.ts";
import type { DataShape } from "../data/source.ts";

/** The error of a spec's decision: it needs two classes and, to be chosen for a given network, a validation part. */
export function decisionErrors(
  { decision, model }: Pick<JobSpec, "decision" | "model">,
  { classes, task, validationRows }: Pick<DataShape, "classes" | "task" | "validationRows">,
): FieldError[] {
  if (!decision) return [];
  if (classes.length !== 2) {
    const given = task === "regression" ? "this is a regression" : `there are ${classes.length}`;
    return [{ pointer: "/decision", detail: `is only for two classes, but ${given}: leave it out` }];
  }
  if ("threshold" in decision || "auto" in model || validationRows > 0) return [];
  const detail = "is chosen on the validation part, but there is none: set split.validation, or give decision.threshold";
  return [{ pointer: "/decision", detail }];
}
