/** The decision of a job for two classes: the probability above which a row is given the second class, or how to choose it. */
import { z } from "zod";

/** The threshold of a model whose job does not say another: the more probable class wins. */
export const DEFAULT_THRESHOLD = 0.5;

/** Scores that a threshold can maximise. `f1` is the macro average, as it is among the metrics: no class is the positive one. */
const MAXIMIZED = ["f1", "balanced_accuracy", "mcc", "accuracy"] as const;

const MAX_COST = 1e9;
const cost = (description: string) => z.number().min(0).max(MAX_COST).meta({ description });

const maximize = z.strictObject({ maximize: z.enum(MAXIMIZED) });
const leastCost = z.strictObject({
  cost: z.strictObject({
    false_positive: cost("Of a row of the first class that is given the second."),
    false_negative: cost("Of a row of the second class that is given the first."),
  }),
});

/** A threshold between 0 and 1, both included. */
export const threshold = z.number().min(0).max(1);

export const decision = z.union([z.strictObject({ threshold }), maximize, leastCost]).meta({
  id: "Decision",
  description:
    "For two classes: a row is given the second class where its probability is above the threshold. A number; or how to choose it on the validation part: the greatest f1 (macro), balanced_accuracy, mcc or accuracy, or the least cost. The test part has no say in it.",
});

export type Decision = z.output<typeof decision>;

/** How a threshold is chosen by what it leads to. */
export type ThresholdCriterion = z.output<typeof maximize> | z.output<typeof leastCost>;
