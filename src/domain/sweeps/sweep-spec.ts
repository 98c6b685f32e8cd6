/**
 * The spec of a sweep: the fields of a request, and their defaults. The schema is the validation. create-space.ts checks the parameters
 * against the job spec; what depends on rows is resolved when the job is prepared.
 */
import { z } from "zod";
import type { FieldError } from "../errors.ts";
import { labelFields } from "../label-fields.ts";
import { MAX_SEED } from "../spec/numbers.ts";
import { readSpec } from "../spec/read-spec.ts";
import { jobSpec, MONITORS, resolvedSpec } from "../spec/spec.ts";
import { createExplainUnknown } from "../spec/spellings.ts";
import { DEFAULT_TRIALS, MAX_TRIALS, method } from "./method.ts";
import { parameters } from "./parameter.ts";

/** Maximum folds, and maximum repeats of them, of one trial. */
const MAX_FOLDS = 100;
/** Maximum trainings of one trial: folds times repeats. */
const MAX_TRAININGS = 500;

const columnName = z.string().min(1).max(500);

/** How the rows of each trial are divided into folds. */
const folds = z
  .strictObject({
    count: z.int().min(2).max(MAX_FOLDS).default(5),
    repeats: z.int().min(1).max(MAX_FOLDS).default(1).meta({ description: "Cut anew, by another order of the rows." }),
    stratify: z.boolean().nullable().default(null).meta({
      description: "Each fold has each class in proportion. null: if the target has classes, except with `time`.",
    }),
    group: columnName.nullable().default(null).meta({
      description:
        "A column that says which rows belong together: no group is on both sides, as in scikit-learn's StratifiedGroupKFold and GroupKFold.",
    }),
    time: columnName.nullable().default(null).meta({
      description:
        "A column of dates or numbers: each fold is validated on the rows that come after those it trains on, as in TimeSeriesSplit.",
    }),
  })
  .superRefine(({ count, repeats, stratify, group, time }, { addIssue }) => {
    const fault = (field: string, message: string) => addIssue({ code: "custom", path: [field], message });
    if (count * repeats > MAX_TRAININGS)
      fault(
        "repeats",
        `${count} folds, ${repeats} times, are more than the limit of ${MAX_TRAININGS} trainings for each trial`,
      );
    if (group !== null && time !== null) fault("time", "cannot be combined with group: use one of them");
    const column = group === null ? "time" : "group";
    if (repeats > 1 && (group !== null || time !== null))
      fault("repeats", `must be 1 with ${column}: its folds do not depend on chance, so every repeat would be the same`);
    if (stratify && time !== null) fault("stratify", "cannot be combined with time, which alone decides where rows are cut");
  })
  .meta({
    id: "Folds",
    description:
      "Cross-validation: each trial trains once for each fold, and its value is the mean. The split of the job does not apply.",
  });
export type Folds = z.output<typeof folds>;

const objective = z
  .strictObject({
    metric: z.enum(MONITORS).default("val_loss"),
    goal: z
      .enum(["minimize", "maximize"])
      .nullable()
      .default(null)
      .meta({ description: "null: what is better of this metric." }),
  })
  .meta({
    id: "Objective",
    description:
      "How trials are compared: by this metric at the epoch whose weights are kept, which is the last without early stopping.",
  });

const fields = {
  name: z.string().trim().min(1).max(200).optional().meta({ description: "Shown in lists; that of the job when left out." }),
  parameters: parameters.default({}),
  method: method.prefault({ type: "tpe" }),
  objective: objective.prefault({}),
  folds: folds.nullable().default(null),
  trials: z
    .int()
    .min(1)
    .max(MAX_TRIALS)
    .optional()
    .meta({
      description: `Number of trials. By default 1 without parameters, all of a grid, else ${DEFAULT_TRIALS}.`,
    }),
  max_seconds: z
    .number()
    .positive()
    .max(30 * 86_400)
    .nullable()
    .default(null)
    .meta({
      description:
        "End after this time with the trials that are done. Their number, and so the winner, depends on how fast the machine is.",
    }),
  seed: z.int().min(0).max(MAX_SEED).default(0).meta({
    description: "Seed of the method's draws. Trials train with the seed of the job, unless that is a parameter.",
  }),
  promote: z.enum(["best", "none"]).default("best").meta({
    description: "At the end the best trial becomes a job with a model; with folds it is trained on all rows.",
  }),
};

export const sweepSpec = z
  .strictObject({ ...fields, ...labelFields, job: jobSpec })
  .superRefine(({ parameters: varied, folds: cut, trials, job }, { addIssue }) => {
    const fault = (field: string, message: string) => addIssue({ code: "custom", path: [field], message });
    if ("auto" in job.model)
      addIssue({
        code: "custom",
        path: ["job", "model"],
        message: "must have layers: a sweep varies a given network, while a search chooses its own",
      });
    if (Object.keys(varied).length > 0) return;
    if (cut === null) fault("parameters", "must name what to vary, unless there are folds");
    if (trials !== undefined && trials > 1) fault("trials", "must be 1 without parameters: all trials would be the same");
  })
  .meta({
    id: "SweepSpec",
    description: "Many trainings of one job spec with different parameters, and the best of them.",
    examples: [
      {
        name: "moons",
        job: {
          data: { generator: { type: "moons" } },
          split: { validation: 0.2 },
          model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
        },
        parameters: {
          "/optimizer/lr": { min: 1e-4, max: 0.3, scale: "log" },
          "/model/layers/0/units": { values: [4, 8, 16] },
        },
        method: { type: "tpe" },
        trials: 200,
      },
    ],
  });

/** A sweep with every default that does not depend on rows; its job spec is in full. */
export type SweepSpec = z.output<typeof sweepSpec>;

/** A sweep as a request writes it. */
export type SweepRequest = z.input<typeof sweepSpec>;

/** The sweep with nothing left open, as answers show it. Long parts of the job spec are summarised. */
export const resolvedSweepSpec = z
  .strictObject({ ...fields, name: z.string(), trials: z.int(), job: resolvedSpec })
  .meta({ id: "ResolvedSweepSpec", description: "The sweep with every default and inference filled in." });
export type ResolvedSweepSpec = z.output<typeof resolvedSweepSpec>;

const explainUnknown = createExplainUnknown(sweepSpec, ["job", "method", "folds", "objective"]);

/**
 * Reads the spec of a sweep from JSON: expands short forms and fills in defaults. Returns the spec, or every fault of it. Whether the
 * parameters fit the job is left to `createSpace`.
 */
export function parseSweepSpec(json: unknown): { readonly spec: SweepSpec } | { readonly errors: FieldError[] } {
  return readSpec(json, sweepSpec, explainUnknown);
}
