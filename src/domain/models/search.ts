/** What a search for a model tried and what the served average consists of: stored with the model, and shown as a leaderboard. */
import { z } from "zod";
import type { SearchMetric } from "../spec/auto-options.ts";

const figure = z.number().nullable();

const candidateResult = z.strictObject({
  trial: z.int().meta({ description: "Place in the order of training, from 1: the epoch of the job." }),
  name: z.string(),
  score: figure.meta({ description: "The metric of its out-of-fold predictions; null where its training diverged." }),
  weight: z.number().meta({ description: "Its share of the served average; 0 when it is not part of it." }),
  epochs: figure.meta({ description: "Mean over the folds of the epochs after which its weights were best." }),
  parameters: z.int().meta({ description: "Of one network." }),
  seconds: z.number(),
});

export const searchResult = z
  .strictObject({
    metric: z.string(),
    folds: z.int(),
    score: figure.meta({
      description:
        "The metric of the average's out-of-fold predictions; each fold is predicted by the average that the other folds select.",
    }),
    temperature: z.number().meta({ description: "By which the average's logits are divided; 1 for a regression." }),
    candidates: z.array(candidateResult).meta({ description: "The best first." }),
  })
  .meta({
    id: "SearchResult",
    description:
      "A leaderboard. Out-of-fold: each row is predicted by the networks whose folds have not seen it. The served model averages the networks of all folds.",
  });

/** The leaderboard as the API answers it. */
export type SearchAnswer = z.output<typeof searchResult>;
export type SearchResult = Omit<SearchAnswer, "metric"> & { readonly metric: SearchMetric };
