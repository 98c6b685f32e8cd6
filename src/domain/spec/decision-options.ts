/** How a job with two classes decides between them: the probability of the second class from which a row gets it. */
import { z } from "zod";

/** The default threshold: a row gets the second class above this probability. */
export const DEFAULT_THRESHOLD = 0.5;

/** A probability above which a row gets the second class. */
export const threshold = z.number().min(0).max(1);

/** What a threshold may maximise. */
export const MAXIMIZED = ["f1", "balanced_accuracy", "mcc"] as const;

/** Maximum cost of a false answer. */
const MAX_COST = 1e9;
const cost = z.number().min(0).max(MAX_COST);

export const decisionOptions = z
  .union([
    z.strictObject({ threshold }).meta({ description: "This probability." }),
    z.strictObject({ maximize: z.enum(MAXIMIZED) }).meta({
      description: "Chooses the threshold with the greatest metric: `f1` (macro average), `balanced_accuracy` or `mcc`.",
    }),
    z
      .strictObject({
        cost: z.strictObject({
          false_positive: cost.meta({ description: "Cost of a row of the first class that is predicted as the second." }),
          false_negative: cost.meta({ description: "Cost of a row of the second class that is predicted as the first." }),
        }),
      })
      .meta({ description: "Chooses the threshold whose wrong answers cost least." }),
  ])
  .meta({
    id: "Decision",
    description:
      "For two classes: the probability of the second class above which a row is predicted as that class. A metric or cost chooses it on the validation part, or, in a search, on the predictions of rows that its networks have not seen; never on the test part. By default, a search by `f1` or `balanced_accuracy` uses the threshold with the greatest metric, and all other jobs use 0.5.",
    examples: [{ maximize: "f1" }],
  });

export type DecisionOptions = z.output<typeof decisionOptions>;

/** A decision that needs rows. */
export type Criterion = Exclude<DecisionOptions, { threshold: number }>;
