/**
 * The score of a model: the figures of its stored weights on held-out rows, beside those of the simplest answers on the same rows. Computed
 * once, when training ends.
 */
import { z } from "zod";
import type { ClassEvaluation, PartEvaluation } from "./evaluation.ts";
import { intervals } from "./intervals.ts";

const figure = z.number().nullable();

const classScore = z
  .strictObject({
    accuracy: figure,
    balanced_accuracy: figure,
    mcc: figure.optional().meta({ description: "Matthews correlation; left out by an older server." }),
    f1: figure.meta({ description: "Macro average." }),
    log_loss: figure,
    roc_auc: figure,
    pr_auc: figure,
  })
  .meta({ id: "ClassScore", description: "Figures of an evaluation of classes." });

const valueScore = z
  .strictObject({ r2: figure, rmse: figure, mae: figure, mape: figure })
  .meta({ id: "ValueScore", description: "Figures of an evaluation of values, in the target's own units." });

const scoreMetrics = z.union([classScore, valueScore]);

const baseline = z
  .strictObject({
    label: z.string().nullable().meta({ description: "The class that most training rows have; null for a regression." }),
    value: figure.meta({ description: "The mean of the training rows; null for classes and for several outputs." }),
    metrics: scoreMetrics,
  })
  .meta({
    id: "Baseline",
    description:
      "The same answer for every row: for classes their shares among the training rows, for values their mean there.",
  });

const straightLine = z
  .strictObject({
    type: z.enum(["logistic_regression", "ridge_regression"]),
    rows: z
      .int()
      .nullable()
      .meta({ description: "Training rows that it was fitted on: fewer than there are where all would take too long." }),
    metrics: scoreMetrics.nullable(),
    reason: z.string().nullable().meta({ description: "Why there is none; null where there is one." }),
  })
  .meta({
    id: "StraightLine",
    description:
      "A linear model of the same columns, fitted on the training rows, each counting the same: the logistic or ridge regression of scikit-learn with its defaults (C = 1, alpha = 1), categories as indicators and all other columns scaled to unit variance.",
  });

export const score = z
  .strictObject({
    part: z.enum(["test", "validation", "out_of_fold", "train"]).meta({
      description:
        "The rows scored: the test part; else the validation part; else, of a model that was searched for, `out_of_fold`: training rows, each predicted by networks that have not seen it, in an average that other folds have selected; else `train`, on which it was trained.",
    }),
    rows: z.int().min(1).meta({ description: "Rows that were scored." }),
    metrics: scoreMetrics,
    intervals: intervals.optional(),
    baseline,
    linear: straightLine,
  })
  .meta({
    id: "Score",
    description:
      "The score of the model's stored weights on held-out rows, as in its evaluation, with the same metrics of a constant answer and of a straight line.",
  });

/** @internal Exported for tests that know the task. */
export type ClassScore = z.output<typeof classScore>;
/** @internal Exported for tests that know the task. */
export type ValueScore = z.output<typeof valueScore>;
export type ScoreMetrics = z.output<typeof scoreMetrics>;
export type Score = z.output<typeof score>;

/** The figures of an evaluation that a score has. */
export function scoreMetricsOf(evaluation: PartEvaluation): ScoreMetrics {
  if (!isClasses(evaluation)) {
    const { r2, rmse, mae, mape } = evaluation;
    return { r2, rmse, mae, mape };
  }
  const { accuracy, balanced_accuracy, mcc, f1, log_loss, roc_auc, pr_auc } = evaluation;
  return { accuracy, balanced_accuracy, ...(mcc !== undefined && { mcc }), f1: f1.macro, log_loss, roc_auc, pr_auc };
}

const isClasses = (evaluation: PartEvaluation): evaluation is ClassEvaluation => "accuracy" in evaluation;
