/** The schemas of explanations in answers. */
import { z } from "zod";
import { wireNumber } from "./wire-number.ts";

const numbers = {
  value: z
    .union([wireNumber, z.array(wireNumber)])
    .optional()
    .meta({ description: "Of a regression, in the units of its target; an array where there are several." }),
  quantiles: z.record(z.string(), wireNumber).optional().meta({ description: "Of a model of quantiles: of each of them." }),
  probabilities: z
    .record(z.string(), z.number().nullable())
    .optional()
    .meta({ description: "Of classes: of the probability of each; with `top_k`, of those that are listed." }),
};

/** Numbers in the form of a prediction. */
export const explainedNumbers = z.object(numbers).meta({
  id: "ExplainedNumbers",
  description: "Numbers that stand for those of a prediction with the same names.",
});

/** What `explain` adds to a prediction. */
export const explanation = z
  .object({
    base: explainedNumbers.meta({ description: "The mean prediction over the background rows." }),
    exact: z.boolean().meta({
      description: "Whether all coalitions of columns were computed, and not a sample of the orders to take them in.",
    }),
    permutations: z.int().optional().meta({ description: "Where it is not exact: the orders that were averaged." }),
    contributions: z
      .array(
        z.object({
          column: z.string(),
          ...numbers,
          standard_error: explainedNumbers.optional().meta({ description: "Where it is not exact." }),
        }),
      )
      .meta({
        description:
          "Of each column, in the order of the model's: the Shapley value, by which it moves the prediction from the base. `base` and all contributions add up to the prediction. Features of one column, such as parts of a date, count together.",
      }),
  })
  .meta({ id: "Explanation" });
