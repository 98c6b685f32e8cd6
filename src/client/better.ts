/** Which of two models is better, in words, for the command line and the page. Pure. */
import type { ScoreComparison } from "../domain/models/score-comparison.ts";
import { figureText, kindOf, rangeText, type ScoreFormat } from "./score.ts";

export type ComparedFigure = ScoreComparison["figures"][number];

/** From this probability on, one is called better: between two equal models chance alone says so once in ten times, of either. */
const SURE = 0.95;

/** The name of a figure, as scores have it. */
export const comparedLabel = ({ figure }: Pick<ComparedFigure, "figure">): string => kindOf(figure).label;

/** A figure of one of the two. */
export const comparedText = (value: number, { figure }: ComparedFigure, format: ScoreFormat): string =>
  figureText(value, kindOf(figure), format);

/** How much higher b is than a, and the interval of that: "−5.0 % (−8.8 to −1.3)". */
export function differenceText({ figure, difference, from, to }: ComparedFigure, format: ScoreFormat): string {
  const kind = kindOf(figure);
  return `${figureText(difference, kind, format)} (${rangeText([from, to], kind, format)})`;
}

/** A probability as papers write it: ".97"; never 0 or 1, which no number of draws can show. */
export function probabilityText(p: number): string {
  if (p > 0.999) return "> .999";
  if (p < 0.001) return "< .001";
  const digits = p > 0.99 || p < 0.01 ? 3 : 2;
  // Not rounded up: a result that is not called better must not look like one.
  return (Math.floor(p * 10 ** digits + 1e-9) / 10 ** digits).toFixed(digits).replace(/^0/, "");
}

/** "with-adam is better than by-sgd (p = .97)", or that the rows cannot tell. */
export function betterText({ p_a_better: p }: ComparedFigure, a: string, b: string): string {
  const probability = (value: number) => {
    const text = probabilityText(value);
    return text.startsWith(".") ? `p = ${text}` : `p ${text}`;
  };
  if (p >= SURE) return `${a} is better than ${b} (${probability(p)})`;
  if (p <= 1 - SURE) return `${b} is better than ${a} (${probability(1 - p)})`;
  const [first, second, most] = p >= 0.5 ? [a, b, p] : [b, a, 1 - p];
  return `These rows cannot tell: ${first} is better than ${second} with ${probability(most)}`;
}
