/** The methods by which a sweep chooses its trials, and their options with defaults. The methods themselves are in training/search. */
import { z } from "zod";

/** Maximum trials of one sweep. */
export const MAX_TRIALS = 100_000;
/** Default number of trials, unless the sweep has no parameters or is a grid. */
export const DEFAULT_TRIALS = 100;

const grid = z
  .strictObject({
    type: z.literal("grid"),
    points: z.int().min(1).max(1000).default(5).meta({
      description:
        "How many numbers of a range to try, spread evenly on its scale; all numbers of a range with a step or integers, if they are fewer.",
    }),
  })
  .meta({ description: "Every combination, the last parameter fastest; the first `trials` of them." });

const random = z.strictObject({ type: z.literal("random") }).meta({
  description:
    "Draws each parameter uniformly on its scale, by the seed of the sweep and the number of the trial (Bergstra and Bengio 2012).",
});

const tpe = z
  .strictObject({
    type: z.literal("tpe"),
    startup_trials: z.int().min(1).max(MAX_TRIALS).default(10).meta({ description: "These first trials are random." }),
    candidates: z.int().min(1).max(1000).default(24).meta({
      description: "Draws from the density of the good trials; the one most likely to be good is used.",
    }),
    gamma: z.number().positive().lt(1).default(0.1).meta({
      description: "Share of the finished trials that count as good, rounded up, and never more than 25.",
    }),
    prior_weight: z
      .number()
      .nonnegative()
      .max(1e6)
      .default(1)
      .meta({ description: "Weight of the whole range beside one trial." }),
    generation: z.int().min(1).max(MAX_TRIALS).nullable().default(null).meta({
      description:
        "Trials that are chosen at once, by the results of the earlier generations. With fewer, trials learn more from each other; with more, more run in parallel. null: one for every 20 trials so far, at least 4.",
    }),
  })
  .meta({
    description:
      "Tree-structured Parzen estimator (Bergstra et al. 2011) with Optuna's defaults: one density of the good trials and one of the others, over the parameters that are active together.",
  });

const halving = z
  .strictObject({
    type: z.literal("halving"),
    factor: z.int().min(2).max(10).default(3).meta({ description: "One trial in this many goes on to the next rung." }),
    min_epochs: z.int().min(1).nullable().default(null).meta({
      description:
        "Fewest epochs of a rung. Rungs are the epochs of the job, a `factor`-th of them, and so on. null: the latest first rung with which halving takes a quarter of the epochs of full trainings; each further rung has `factor` times as many epochs.",
    }),
    brackets: z.int().min(1).max(10).default(1).meta({
      description:
        "Hyperband (Li et al. 2018): the first bracket starts at the lowest rung, each further one a rung higher, as long as there are any.",
    }),
  })
  .meta({
    description:
      "Successive halving (Jamieson and Talwalkar 2016): random trials train for a few epochs, the best continue from where they are, with the bits of a training that was never stopped.",
  });

/** The method of a sweep, distinguished by its type. */
export const method = z.discriminatedUnion("type", [grid, random, tpe, halving]).meta({ id: "SweepMethod" });
export type Method = z.output<typeof method>;
export type MethodOf<T extends Method["type"]> = Extract<Method, { type: T }>;

/** Whether the next trials depend on the results of earlier ones, and not only on their number. */
export const dependsOnResults = ({ type }: Method): boolean => type === "tpe" || type === "halving";
