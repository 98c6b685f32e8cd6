/**
 * How much of a model's score is the luck of its seed: its network is trained again on the same rows with other seeds, and each training is
 * scored on the rows that the job held out. The options of a request, and the answer.
 */
import { z } from "zod";
import type { FieldError } from "../errors.ts";
import { COMPARED_FIGURES } from "../models/score-comparison.ts";

/** Minimum seeds for a useful spread. */
export const MIN_SEEDS = 5;
const MAX_SEEDS = 100;
const DEFAULT_SEEDS = 10;
/** Maximum multiply-adds of all trainings together: tens of minutes of a core. */
export const MAX_SEEDS_WORK = 1e12;

const count = z.int().min(MIN_SEEDS).max(MAX_SEEDS);

/** The options of a request. */
export const seedsBody = z
  .strictObject({
    seeds: count
      .default(DEFAULT_SEEDS)
      .meta({ description: "How many: the first whole numbers from 0 that are not the model's own seed." }),
    name: z.string().min(1).max(200).optional().meta({ description: "Name of the job and its model." }),
  })
  .meta({ id: "SeedsRequest", examples: [{ seeds: 10 }] });

export type SeedsRequest = z.output<typeof seedsBody>;

/** The number of blocks of scored rows for which each training stores figures; or what is wrong with the request. */
export type AdmittedSeeds =
  | { readonly ok: true; readonly blocks: number }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The part of such a job's spec. */
export const seedsOptions = z
  .strictObject({
    model: z.string().meta({ description: "The model that was asked." }),
    sha256: z.string().meta({ description: "SHA-256 of its weights." }),
    epochs: z.int().min(1).meta({ description: "Epochs of each training; those of the job count the trainings." }),
    count,
  })
  .meta({
    id: "SeedsOptions",
    description:
      "For a job that asks how much of a score is due to its seed: its first epoch trains with the model's own seed, and each later one with another. All of them split the rows by the model's own seed.",
  });

export type SeedsOptions = z.output<typeof seedsOptions>;

const figure = z.number().nullable();

const seedFigure = z
  .strictObject({
    figure: z.enum(COMPARED_FIGURES),
    own: figure.meta({ description: "With the model's own seed, which may have been chosen for it." }),
    mean: z.number().meta({ description: "Over the other seeds." }),
    sd: z.number().meta({
      description: "The standard deviation of the scores of the other seeds on these rows, divided by their number minus one.",
    }),
    seed_sd: z.number().meta({
      description:
        "The part of it that is due to the seed, without the part that comes from each training erring on different rows. 0 if that is all of it.",
    }),
    from: z.number().optional().meta({
      description:
        "The lower end of the range of one training with a new seed on fresh rows: an interval of 90 % that allows for both kinds of chance. Left out if the score has no interval over rows.",
    }),
    to: z.number().optional().meta({ description: "And to." }),
    blocks: z.array(z.number()).meta({
      description:
        "What each block of the rows adds to the mean, to the first order; rows are dealt to at most 100 blocks in turn, and comparisons draw blocks.",
    }),
    values: z.array(figure).meta({ description: "For each of `seeds`, seven digits; null where it diverged." }),
  })
  .meta({ id: "SeedFigure" });

export const seedSpread = z
  .strictObject({
    model: z.string().meta({ description: "The model that was asked." }),
    agrees: z.boolean().meta({
      description:
        "Whether training with its own seed gave its weights, bit for bit: false if another version of the engine trained it.",
    }),
    part: z.enum(["test", "validation"]).meta({ description: "The rows that were scored, the same for all seeds." }),
    rows: z.int().min(1),
    level: z.number().meta({ description: "The coverage of the intervals: 0.9." }),
    seeds: z.array(z.int().min(0)),
    figures: z.array(seedFigure),
  })
  .meta({
    id: "SeedSpread",
    description:
      "How much of a score is due to its seed: the same spec trained on the same rows with other seeds, which draw other initial weights, orders of rows and dropout.",
  });

export type SeedSpread = z.output<typeof seedSpread>;
export type SeedFigure = z.output<typeof seedFigure>;

/** Returns `count` seeds other than the model's own. */
export function otherSeeds(own: number, count: number): number[] {
  const found: number[] = [];
  for (let seed = 0; found.length < count; seed++) if (seed !== own) found.push(seed);
  return found;
}
