/** A trial: one training of a sweep, stored as a row and not as a job. */
import { z } from "zod";
import { trialParameters } from "./parameter.ts";

/** Maximum points of the curve stored for a trial. */
export const MAX_CURVE_POINTS = 64;

export const TRIAL_STATES = ["queued", "running", "succeeded", "pruned", "failed"] as const;
export type TrialState = (typeof TRIAL_STATES)[number];

/** The objective by epoch, downsampled and rounded to 7 digits: as many values as epochs. */
const trialCurve = z.strictObject({
  epochs: z.array(z.int()).max(MAX_CURVE_POINTS),
  values: z
    .array(z.number().nullable())
    .max(MAX_CURVE_POINTS)
    .meta({ description: "To 7 digits; null where it was no finite number." }),
});

export const trial = z
  .strictObject({
    number: z.int().nonnegative().meta({ description: "Counted from 0 within its sweep." }),
    generation: z.int().nonnegative().meta({
      description:
        "The last generation, or rung, that it was part of: its parameters depend only on the results of earlier ones.",
    }),
    parameters: trialParameters.meta({
      description: "By pointer; for choices, the name of the chosen one. Inactive parameters are absent.",
    }),
    state: z.enum(TRIAL_STATES).meta({
      description: "`pruned`: halving continued with other trials. A trial between two rungs is running.",
    }),
    reason: z.string().nullable().meta({ description: "Why it failed." }),
    value: z
      .number()
      .nullable()
      .meta({ description: "The objective, of folds their mean. null until it is known, and where it failed." }),
    projected_value: z.number().nullable().meta({
      description:
        "The value that its curve is heading for at the last epoch of a full training, which halving compares in addition to the value; with folds, the mean. null unless it is, or was pruned, at a rung of halving.",
    }),
    fold_values: z.array(z.number()).nullable().meta({ description: "The objective of each fold, repeat by repeat." }),
    epochs: z.int().nonnegative().meta({ description: "Done so far; of folds in each." }),
    seconds: z.number().nonnegative().nullable(),
    sha256: z.string().nullable().meta({ description: "SHA-256 of its weights; with folds, of all their weights in order." }),
    curve: trialCurve.nullable(),
  })
  .meta({ id: "Trial" });

export type Trial = z.output<typeof trial>;
export type TrialCurve = z.output<typeof trialCurve>;

/** What a method needs to know of a trained trial. */
export type TrialResult = Pick<Trial, "number" | "generation" | "parameters" | "state" | "value" | "projected_value">;

/** A trial to run next. */
export interface PlannedTrial {
  readonly number: number;
  readonly parameters: Trial["parameters"];
  /** Run to the end of this epoch and keep the state; null: to the end, as a job would. */
  readonly untilEpoch: number | null;
  /** Whether it ran in an earlier generation and resumes after that generation's last epoch. */
  readonly goesOn: boolean;
}

/** Trials that may run in any order, on any number of machines. */
export interface Generation {
  /** Counted from 0. */
  readonly index: number;
  readonly trials: readonly PlannedTrial[];
  /** Numbers of trials of the generation before that do not continue: they are pruned. */
  readonly pruned: readonly number[];
}
