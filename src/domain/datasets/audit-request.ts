/** A request for an audit of labels, and the spec of the job that it submits. */
import { z } from "zod";
import type { FieldError } from "../errors.ts";
import { jobNameOf } from "../jobs/job-name.ts";
import { MAX_AUDIT_TRIALS } from "../spec/auto-options.ts";
import { MAX_SEED } from "../spec/numbers.ts";

/** The audited data set and columns. */
export const auditBody = z
  .strictObject({
    target: z.string().meta({ description: "The column whose labels are checked. It must have classes." }),
    features: z
      .array(z.string())
      .min(1)
      .optional()
      .meta({ description: "Columns to predict the classes from; by default all others." }),
    task: z.enum(["binary_classification", "multiclass_classification"]).optional().meta({
      description: "Needed if classes are numbers; by default detected from the target.",
    }),
    repeats: z.int().min(1).max(MAX_AUDIT_TRIALS).optional().meta({
      description: "How often the rows are cut into folds; by default as often as a budget of work allows, 1 to 5.",
    }),
    seed: z.int().min(0).max(MAX_SEED).optional(),
    name: z.string().min(1).max(200).optional().meta({ description: "Name of the job and its model." }),
  })
  .meta({ id: "AuditRequest", examples: [{ target: "species" }] });

export type AuditRequest = z.output<typeof auditBody>;

/** The spec of the job that audits a data set, as if it were submitted. */
export function auditSpec(dataset: { readonly id: string; readonly name: string }, request: AuditRequest): object {
  const { target, features, task, repeats, seed, name } = request;
  return {
    name: name ?? jobNameOf(`labels of ${dataset.name}`),
    data: { dataset: { id: dataset.id, target, ...(features && { features }) } },
    ...(task && { task }),
    model: { auto: { audit: true, ...(repeats !== undefined && { trials: repeats }) } },
    ...(seed !== undefined && { seed }),
  };
}

/** Where fields of the job's spec come from in the audit request; the longest first. */
const PLACES: readonly (readonly [spec: string, request: string])[] = [
  ["/data/dataset/target", "/target"],
  ["/data/dataset/features", "/features"],
  ["/data/dataset/id", ""],
  ["/model/auto/trials", "/repeats"],
  ["/model/auto", "/target"],
];

/** Errors of the job's spec, moved to the places of their causes in the request. */
export function auditErrors(errors: readonly FieldError[]): FieldError[] {
  return errors.map(({ pointer, detail }) => {
    const place = PLACES.find(([spec]) => pointer === spec || pointer.startsWith(`${spec}/`));
    return { pointer: place ? place[1] : pointer, detail };
  });
}
