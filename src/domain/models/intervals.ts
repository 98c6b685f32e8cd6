/** Intervals for chance among the scored rows: where each figure lies on fresh rows of the same kind. */
import { z } from "zod";

/** The probability with which an interval is meant to hold the figure of fresh rows. */
export const LEVEL = 0.9;

const range = z.tuple([z.number(), z.number()]);

export const intervals = z
  .strictObject({
    level: z.number().meta({ description: "How often such an interval holds the figure of fresh rows: 0.9." }),
    accuracy: range.optional(),
    balanced_accuracy: range.optional(),
    mcc: range.optional(),
    f1: range.optional().meta({ description: "The interval of the macro average." }),
    log_loss: range.optional(),
    roc_auc: range.optional(),
    pr_auc: range.optional(),
    r2: range.optional(),
    rmse: range.optional(),
    mae: range.optional(),
  })
  .meta({
    id: "Intervals",
    description:
      "From and to, for each score that has an interval: its range on fresh rows of the same kind, allowing for chance among the scored rows. It does not allow for rows of another kind, nor for choosing a model by these rows. A part of fewer than 10 rows has none, and a mean over classes needs 5 rows of each class; MAPE has none, because targets near 0 leave its mean without bounds. Left out by older servers.",
    examples: [{ level: 0.9, accuracy: [0.89, 0.96], log_loss: [0.15, 0.31] }],
  });

export type Intervals = z.output<typeof intervals>;
/** From, and to. */
export type Range = readonly [low: number, high: number];
/** The name of a figure that can have an interval. */
export type IntervalFigure = Exclude<keyof Intervals, "level">;
