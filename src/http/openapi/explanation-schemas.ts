/** The schemas of explanations in answers. */
import { z } from "zod";
import { wireNumber } from "./wire-number.ts";

const numbers = {
  value: z
    .union([wireNumber, z.array(wireNumber)])
    .optional()
    .meta({ description: "For a regression, in the units of its target; an array if there are several." }),
  quantiles: z
    .record(z.string(), wireNumber)
    .optional()
    .meta({ description: "For a model of quantiles: one for each quantile." }),
  probabilities: z
    .record(z.string(), z.number().nullable())
    .optional()
    .meta({ description: "For classes: for the probability of each; with `top_k`, of the listed ones." }),
};

/** Numbers in the form of a prediction. */
export const explainedNumbers = z.object(numbers).meta({
  id: "ExplainedNumbers",
  description: "Numbers with the same names as those of a prediction.",
});

/** What `explain` adds to a prediction. */
export const explanation = z
  .object({
    base: explainedNumbers.meta({ description: "The mean prediction over the background rows." }),
    exact: z.boolean().meta({
      description: "Whether all coalitions of columns were computed, rather than a sample of the orders of columns.",
    }),
    permutations: z.int().optional().meta({ description: "If it is not exact: the orders that were averaged." }),
    contributions: z
      .array(
        z.object({
          column: z.string(),
          ...numbers,
          standard_error: explainedNumbers.optional().meta({ description: "If it is not exact." }),
        }),
      )
      .meta({
        description:
          "One for each column, in the model's order: the Shapley value, which moves the prediction away from the base. `base` and all contributions add up to the prediction. Features of one column, such as parts of a date, count together.",
      }),
  })
  .meta({ id: "Explanation" });
