/** The evaluation of a finished model: its scores, measured once on each part of its rows, and the importance of each column. */
import { z } from "zod";
import { influence } from "../explanations/influence.ts";
import { learningCurve } from "../explanations/learning-curve.ts";
import { seedSpread } from "../explanations/seeds.ts";
import { intervals } from "./intervals.ts";
import { labelAudit } from "./label-audit.ts";

/** Maximum classes listed individually: in the table of classes, the confusion matrix and the areas under curves. */
export const MAX_LISTED_CLASSES = 100;

/** Maximum classes with a ROC curve, and maximum points of a curve. */
export const MAX_CURVES = 10;
export const MAX_CURVE_POINTS = 128;

/** Maximum rows of a regression listed with their predictions. */
export const MAX_RESIDUALS = 400;
/** How many of them are those with the greatest errors. */
export const WORST_RESIDUALS = 40;
/** Maximum rows of a classification listed with their predictions, and maximum of one cell of its confusion matrix. */
export const MAX_WORST_ROWS = 200;
export const WORST_OF_CELL = 10;

/** Null for infinities, which JSON does not have, and for undefined scores: a class without rows, a constant target. */
const score = z.number().nullable();
const scored = (description: string) => score.meta({ description });
const rows = z.int().min(1).meta({ description: "Rows that were looked at." });

const rowNumber = z.int().min(0).meta({ description: "Its number in the job's data, counted from 0." });
const worstMeta = (which: string) => ({
  description: `The rows that the model is most wrong on, worst first: ${which}. Only for held-out parts; models of older servers have none.`,
});

const worstValue = z
  .strictObject({ row: rowNumber, actual: z.number(), predicted: score })
  .meta({ id: "WorstValue", description: "A row of a regression." });

const worstClass = z
  .strictObject({
    row: rowNumber,
    actual: z.string(),
    predicted: z.string(),
    probability: score.meta({ description: "The probability that its actual class was given." }),
  })
  .meta({ id: "WorstClass", description: "A row of a classification." });

const averages = z
  .strictObject({
    macro: scored("Each class counts the same."),
    weighted: scored("Each class counts by its rows."),
  })
  .meta({ id: "Averages" });

export const regressionEvaluation = z
  .strictObject({
    rows,
    mae: scored("Mean absolute error."),
    rmse: scored("Root of the mean squared error."),
    r2: scored("Share of the variance that is explained."),
    mape: scored(
      "Mean absolute error as a share of the target, as it is stored in float64; large where targets are near 0. The series `mape` computes in float32, after scaling.",
    ),
    intervals: intervals.optional(),
    residuals: z
      .strictObject({ actual: z.array(score), predicted: z.array(score) })
      .nullable()
      .meta({
        description: `What rows are, and what was predicted: of at most ${MAX_RESIDUALS} rows: the ${WORST_RESIDUALS} with the greatest errors, the others spread evenly over the part. null where there are several outputs.`,
      }),
    worst_rows: z
      .array(worstValue)
      .optional()
      .meta(worstMeta(`the ${WORST_RESIDUALS} with the greatest errors. None where there are several outputs`)),
  })
  .meta({
    id: "RegressionEvaluation",
    description: "In the target's own units; means over the outputs. null where a score is not finite.",
  });

const rocCurve = z.strictObject({ false_positive_rate: z.array(z.number()), true_positive_rate: z.array(z.number()) }).meta({
  id: "RocCurve",
  description: `From (0, 0) to (1, 1) as the threshold falls, in at most ${MAX_CURVE_POINTS} points, rounded to five digits.`,
});

const classScores = z.strictObject({
  label: z.string(),
  rows: z.int().meta({ description: "Rows of this class." }),
  precision: score,
  recall: score,
  f1: score,
  roc_auc: scored("Against all other classes."),
  pr_auc: score,
  roc_curve: rocCurve.nullable(),
});

const calibrationBin = z.strictObject({
  lower: z.number(),
  upper: z.number(),
  rows: z.int(),
  probability: scored("Mean of the probabilities predicted."),
  frequency: scored("How often it was so."),
});

export const classEvaluation = z
  .strictObject({
    rows,
    accuracy: score,
    balanced_accuracy: scored("Mean recall of the classes that are there."),
    precision: averages,
    recall: averages,
    f1: averages,
    log_loss: scored(
      "Mean of -ln of the probability given to the true class, every row and class alike, of the stored weights. The series `loss` and `val_loss` are of the job's own loss: they follow its class weights, row weights and label smoothing, and `loss` is a mean over the steps of an epoch, while weights change and dropout is on. Of cross_entropy or bce without these, `val_loss` at `metrics.best` is the same but for rounding.",
    ),
    mcc: scored("Matthews' correlation of true and predicted classes, -1 to 1; models of older servers have none.").optional(),
    roc_auc: scored("Of the second class of two; of more, each against the others, macro average."),
    pr_auc: scored("Average precision: of the second class of two; of more, each against the others, macro average."),
    intervals: intervals.optional(),
    classes: z.array(classScores).nullable(),
    confusion_matrix: z
      .array(z.array(z.int()))
      .nullable()
      .meta({ description: "Rows are true classes, columns predicted ones, in class order." }),
    calibration: z.strictObject({
      error: scored("Expected calibration error: mean distance of probability and frequency, by rows."),
      bins: z.array(calibrationBin),
    }),
    worst_rows: z
      .array(worstClass)
      .optional()
      .meta(
        worstMeta(
          `those whose class got the least probability, at most ${WORST_OF_CELL} of each cell of the confusion matrix, right ones included, and ${MAX_WORST_ROWS} in all`,
        ),
      ),
  })
  .meta({
    id: "ClassEvaluation",
    description: `Calibration is of the second class's probability for two classes, of the predicted class's for more. Lists by class and areas under curves are null above ${MAX_LISTED_CLASSES} classes, curves above ${MAX_CURVES}.`,
  });

export const partEvaluation = z.union([regressionEvaluation, classEvaluation]);

export const importance = z
  .strictObject({
    part: z.enum(["validation", "test"]),
    metric: z.enum(["accuracy", "r2"]),
    rows,
    repeats: z.int().min(1),
    columns: z.array(z.strictObject({ column: z.string(), mean: score, sd: score })),
  })
  .meta({
    id: "FeatureImportance",
    description: "How much the metric falls when a column's values are shuffled among the rows: mean and standard deviation.",
  });

export const evaluation = z
  .strictObject({
    train: partEvaluation,
    validation: partEvaluation.nullable(),
    test: partEvaluation.nullable(),
    importance: importance
      .nullable()
      .meta({ description: "On held-out rows; null without them, and where it would take too long." }),
    labels: labelAudit.optional().meta({ description: "For an audit: the rows whose class is probably wrong." }),
    learning_curve: learningCurve.optional().meta({ description: "For a job that asks whether more data would help." }),
    influence: influence.optional().meta({ description: "For a job that asks which rows made a prediction: its result." }),
    seeds: seedSpread
      .optional()
      .meta({ description: "For a job that asks how much of a score is due to its seed: its result." }),
  })
  .meta({
    id: "Evaluation",
    description:
      "Measured once with the model's final weights, in evaluation mode. For a part with more than 33 million outputs, on a sample of its rows.",
  });

export type RegressionEvaluation = z.output<typeof regressionEvaluation>;
export type RocCurve = z.output<typeof rocCurve>;
export type ClassEvaluation = z.output<typeof classEvaluation>;
export type WorstValue = z.output<typeof worstValue>;
export type WorstClass = z.output<typeof worstClass>;
export type PartEvaluation = z.output<typeof partEvaluation>;
export type Importance = z.output<typeof importance>;
export type Evaluation = z.output<typeof evaluation>;
