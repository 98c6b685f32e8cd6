/** How much a score depends on its seed, in words, for the command line and the page. Pure. */
import type { z } from "zod";
import type { SeedFigure, SeedSpread, seedsBody } from "../../domain/explanations/seeds.ts";
import type { ScoreComparison } from "../../domain/models/score-comparison.ts";
import { betterText, type ComparedFigure } from "../better.ts";
import { figureText, kindOf, rangeText, type ScoreFormat } from "../score.ts";

export type { SeedFigure, SeedSpread } from "../../domain/explanations/seeds.ts";

/** How many other seeds. */
export type SeedsRequest = z.input<typeof seedsBody>;

/** "93.1 % (88.2 to 96.4)": the mean over seeds, and the range of a new training on fresh rows. */
export function seedMeanText({ figure, mean, from, to }: SeedFigure, format: ScoreFormat): string {
  const kind = kindOf(figure);
  const range = from === undefined || to === undefined ? "" : ` (${rangeText([from, to], kind, format)})`;
  return `${figureText(mean, kind, format)}${range}`;
}

/** A figure of one training, or a spread of them, in the figure's units. */
export const seedValueText = (value: number | null, { figure }: SeedFigure, format: ScoreFormat): string =>
  figureText(value, kindOf(figure), format);

/** The result for the first figure, and its number of seeds. */
export function seedSentence({ figures, seeds, rows }: SeedSpread, format: ScoreFormat): string {
  const [main] = figures;
  if (!main) return "No figure has a value for two seeds.";
  return `${kindOf(main.figure).label} ${seedMeanText(main, format)} over ${seeds.length} seeds and ${rows} rows`;
}

/** Which spec is better whatever its seed; null if that is not known of both. */
export function betterOverSeedsText(
  figure: ComparedFigure,
  seeds: ScoreComparison["seeds"],
  a: string,
  b: string,
): string | null {
  const over = figure.over_seeds;
  if (!over) return null;
  const counts = seeds?.a === seeds?.b ? `${seeds?.a} seeds each` : `${seeds?.a} and ${seeds?.b} seeds`;
  return `Over rows and seeds, ${betterText({ ...figure, ...over }, a, b)}: means of ${counts}`.replace(
    "seeds, These rows",
    "seeds, these",
  );
}
