/** Compares two models on the same rows: which is better, and how certain that is. */
import { z } from "zod";
import type { IntervalFigure } from "./intervals.ts";

/** The compared figures, the main ones first. */
export const COMPARED_FIGURES = [
  "accuracy",
  "balanced_accuracy",
  "f1",
  "mcc",
  "roc_auc",
  "pr_auc",
  "log_loss",
  "r2",
  "rmse",
  "mae",
] as const satisfies readonly IntervalFigure[];

/** Figures of which lower is better. */
export const FALLING_FIGURES: ReadonlySet<string> = new Set(["log_loss", "rmse", "mae"]);

const seedCount = z.int().min(2);

const overSeeds = z
  .object({
    a: z.number().meta({ description: "The mean over the seeds of a." }),
    b: z.number(),
    difference: z.number().meta({ description: "b - a." }),
    from: z.number(),
    to: z.number(),
    p_a_better: z.number().min(0).max(1).meta({
      description: "How often the mean of a is better when rows and seeds are resampled with replacement.",
    }),
  })
  .meta({
    id: "ComparisonOverSeeds",
    description: "Compares the two specs, whatever their seed: means over seeds, with chance among rows and among seeds.",
  });

export const scoreComparison = z
  .object({
    rows: z.int().min(1).meta({ description: "Rows that both were scored on, none of which trained either." }),
    part: z.enum(["test", "validation", "dataset"]).meta({
      description: "Which rows: those that both jobs held out, or every row of the data set that was named.",
    }),
    level: z.number().meta({ description: "The coverage of the interval of the difference: 0.9." }),
    figures: z.array(
      z.object({
        figure: z.enum(COMPARED_FIGURES),
        a: z.number(),
        b: z.number(),
        difference: z.number().meta({ description: "b - a." }),
        from: z.number().meta({ description: "The range of the difference on fresh rows: from." }),
        to: z.number().meta({ description: "And to." }),
        p_a_better: z.number().min(0).max(1).meta({
          description:
            "How often a is better than b when the rows are resampled with replacement (a tie counts half): near .5 they cannot be told apart.",
        }),
        over_seeds: overSeeds.optional(),
      }),
    ),
    seeds: z.object({ a: seedCount.optional(), b: seedCount.optional() }).optional().meta({
      description:
        "How many seeds each was trained with, if a job has asked for it (`POST /v1/models/{ref}/seeds`); for other models, and on a named data set, chance among seeds is not known.",
    }),
  })
  .meta({
    id: "ScoreComparison",
    description: "A paired bootstrap: both models are scored on the same rows, so a hard row counts against neither.",
  });

export type ScoreComparison = z.output<typeof scoreComparison>;

/** Which of two models is better: the probability that `a` is better than `b`, figure by figure. */
export interface ComparedScores extends ScoreComparison {
  a: string;
  b: string;
}

/** The comparison, or why there is none: it completes "the models cannot be compared: ". */
export type ScoreComparisonResult =
  | { readonly ok: true; readonly comparison: ScoreComparison }
  | { readonly ok: false; readonly reason: string };

/** The same on rows that are new to both; `seen`: how many more were held out, but trained the first model. Null if that is unknown. */
export type FreshComparisonResult = ScoreComparisonResult & { readonly seen: number | null };
