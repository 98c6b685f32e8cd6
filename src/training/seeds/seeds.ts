/**
 * The trainings of a job that shows how much a score depends on its seed: it trains its network with the model's own seed, and then once
 * with each other one, on the same rows. An epoch of the job is a training. A function of spec, rows and seed.
 */
import { otherSeeds, type SeedFigure, type SeedSpread, type SeedsOptions } from "../../domain/explanations/seeds.ts";
import { type IntervalFigure, LEVEL } from "../../domain/models/intervals.ts";
import { COMPARED_FIGURES } from "../../domain/models/score-comparison.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { intervalOverSeeds, type ScoredSeed, spreadOf } from "../certainty/over-seeds.ts";
import type { JobOfTrainings } from "../many/job-of-trainings.ts";
import { createSeedTrainer } from "./seed-trainer.ts";

type SeedsSpec = ResolvedSpec & { readonly seeds: SeedsOptions };
type SeedsRun = TrainingRun & { readonly job: { readonly spec: SeedsSpec } };

const DIGITS = 7;

/** Whether a job compares seeds. */
export const asksSeeds = (spec: ResolvedSpec): spec is SeedsSpec => spec.seeds !== undefined;

/** The trainings of the job, and its answer. */
export function seeds(run: SeedsRun): JobOfTrainings {
  const asked = run.job.spec.seeds;
  const trainer = createSeedTrainer(run);
  const { part, rows, width } = trainer;
  const own = trainer.spec.seed;
  const others = otherSeeds(own, asked.count);
  return {
    ...trainer,
    trainings: others.length + 1,
    train: (number, ended) => trainer.trainWith(number, number === 0 ? own : (others[number - 1] as number), ended),
    answer(model, numbers, evaluation) {
      const intervals = evaluation[part]?.intervals;
      /** A figure of a training, by its index among those that are compared. */
      const scoredOf = (training: number, place: number): ScoredSeed => {
        const offset = (training * COMPARED_FIGURES.length + place) * width;
        return { value: numbers[offset] as number, blocks: numbers.subarray(offset + 1, offset + width) };
      };
      const answer: SeedSpread = {
        model: asked.model,
        agrees: model.sha256 === asked.sha256,
        part,
        rows,
        level: LEVEL,
        seeds: others,
        figures: COMPARED_FIGURES.flatMap((figure, place) => {
          const scored = others.map((_, training) => scoredOf(training + 1, place));
          const found = seedFigure(figure, scoredOf(0, place).value, scored, intervals?.[figure as IntervalFigure]);
          return found ? [found] : [];
        }),
      };
      return {
        reason: `trained with the model's own seed, and with ${others.length} others`,
        evaluation: { seeds: answer },
      };
    },
  };
}

/** The answer for a figure, whose interval over rows is `range`; null if fewer than two seeds have it. */
function seedFigure(
  figure: SeedFigure["figure"],
  own: number,
  scored: readonly ScoredSeed[],
  range: readonly [number, number] | undefined,
): SeedFigure | null {
  const spread = spreadOf(scored.filter(({ value }) => Number.isFinite(value)));
  if (!spread) return null;
  const both = range && Number.isFinite(own) ? intervalOverSeeds(figure, own, range, spread) : null;
  return {
    ...{ figure, own: rounded(own), mean: shortened(spread.mean) },
    ...{ sd: shortened(spread.sd), seed_sd: shortened(spread.seedSd) },
    ...(both && { from: shortened(both[0]), to: shortened(both[1]) }),
    blocks: [...spread.blocks].map(shortened),
    values: scored.map(({ value }) => rounded(value)),
  };
}

const shortened = (value: number): number => Number(value.toPrecision(DIGITS));
const rounded = (value: number): number | null => (Number.isFinite(value) ? shortened(value) : null);
