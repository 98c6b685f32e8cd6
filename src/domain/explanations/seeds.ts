/**
 * How much of a model's score is the luck of its seed: its network is trained again on the same rows under other seeds, and each of them
 * is scored on the rows that the job held out. What a request may ask, and what the answer says.
 */
import { z } from "zod";
import type { FieldError } from "../errors.ts";
import { COMPARED_FIGURES } from "../models/score-comparison.ts";

/** Fewest seeds whose spread says something. */
export const FEWEST_SEEDS = 5;
const MOST_SEEDS = 100;
const DEFAULT_SEEDS = 10;
/** Most multiply-adds of all trainings together: tens of minutes of a core. */
export const MAX_SEEDS_WORK = 1e12;

const count = z.int().min(FEWEST_SEEDS).max(MOST_SEEDS);

/** What is asked. */
export const seedsBody = z
  .strictObject({
    seeds: count
      .default(DEFAULT_SEEDS)
      .meta({ description: "How many: the first whole numbers from 0 that are not the model's own seed." }),
    name: z.string().min(1).max(200).optional().meta({ description: "Of the job and its model." }),
  })
  .meta({ id: "SeedsRequest", examples: [{ seeds: 10 }] });

export type SeedsRequest = z.output<typeof seedsBody>;

/** How many blocks of the scored rows each training leaves figures of; or what is wrong with the request. */
export type AdmittedSeeds =
  | { readonly ok: true; readonly blocks: number }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** What the spec of such a job says of it. */
export const seedsOptions = z
  .strictObject({
    model: z.string().meta({ description: "The model that was asked." }),
    sha256: z.string().meta({ description: "Of its weights." }),
    epochs: z.int().min(1).meta({ description: "Of each training; those of the job count the trainings." }),
    count,
  })
  .meta({
    id: "SeedsOptions",
    description:
      "Of a job that asks how much a score owes to its seed: its first epoch trains with the model's own seed, and each that follows with another. The rows are split by the model's own seed in all of them.",
  });

export type SeedsOptions = z.output<typeof seedsOptions>;

const figure = z.number().nullable();

const seedFigure = z
  .strictObject({
    figure: z.enum(COMPARED_FIGURES),
    own: figure.meta({ description: "With the model's own seed, which may have been chosen for it." }),
    mean: z.number().meta({ description: "Over the other seeds." }),
    sd: z.number().meta({
      description: "Of the figures of the other seeds on these rows: the standard deviation, by their number less one.",
    }),
    seed_sd: z.number().meta({
      description:
        "What of it is owed to the seed: without what differs because each training errs on other ones of these rows. 0 where that is all.",
    }),
    from: z.number().optional().meta({
      description:
        "Where the figure of one training with a new seed is found on fresh rows: from. An interval of 90 % that has both kinds of chance in it. Left out where the figure has no interval over rows.",
    }),
    to: z.number().optional().meta({ description: "And to." }),
    blocks: z.array(z.number()).meta({
      description:
        "What each block of the rows adds to the mean, to the first order, rows being dealt out to at most 100 blocks in turn: comparisons draw them.",
    }),
    values: z.array(figure).meta({ description: "For each of `seeds`, seven digits; null where it diverged." }),
  })
  .meta({ id: "SeedFigure" });

export const seedSpread = z
  .strictObject({
    model: z.string().meta({ description: "The model that was asked." }),
    agrees: z.boolean().meta({
      description:
        "Whether training with its own seed came to its weights, bit for bit: not where another version of the engine trained it.",
    }),
    part: z.enum(["test", "validation"]).meta({ description: "The rows that were scored, the same for all seeds." }),
    rows: z.int().min(1),
    level: z.number().meta({ description: "Of the intervals: 0.9." }),
    seeds: z.array(z.int().min(0)),
    figures: z.array(seedFigure),
  })
  .meta({
    id: "SeedSpread",
    description:
      "How much a score owes to its seed: the same spec on the same rows, trained with other seeds, which draw other initial weights, orders of rows and dropout.",
  });

export type SeedSpread = z.output<typeof seedSpread>;
export type SeedFigure = z.output<typeof seedFigure>;

/** So many seeds that are not the model's own. */
export function otherSeeds(own: number, count: number): number[] {
  const found: number[] = [];
  for (let seed = 0; found.length < count; seed++) if (seed !== own) found.push(seed);
  return found;
}
