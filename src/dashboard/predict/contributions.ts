/** An explanation as a list of bars: which columns move the answer, how far and which way. Pure. */
import type { ExplainedNumbers, Explanation } from "../../client/answers.ts";

/** Columns that have a bar of their own. */
const MAX_BARS = 8;

/** One column, or the others together. */
export interface ContributionBar {
  /** Null: the other columns together. */
  readonly column: string | null;
  readonly value: number;
  /** Its length as a share of the longest: 0 to 1. */
  readonly length: number;
}

/** What the bars add up from and how many columns the last one stands for. */
export interface ContributionBars {
  readonly base: number;
  readonly bars: readonly ContributionBar[];
  readonly others: number;
}

/**
 * The columns that move the probability of class `label` most, the greatest first, or, if it is null, the value of the first target. Null
 * if the numbers are not finite.
 */
export function contributionBars({ base, contributions }: Explanation, label: string | null): ContributionBars | null {
  const start = figureOf(base, label);
  const all = contributions.map((each) => ({ column: each.column, value: figureOf(each, label) ?? Number.NaN }));
  if (start === null || all.some(({ value }) => Number.isNaN(value))) return null;
  const sorted = all.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = sorted.slice(0, sorted.length > MAX_BARS + 1 ? MAX_BARS : MAX_BARS + 1);
  const rest = sorted.slice(shown.length);
  const together = { column: null, value: rest.reduce((sum, { value }) => sum + value, 0) };
  const bars = rest.length > 0 ? [...shown, together] : shown;
  const longest = Math.max(...bars.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  return {
    base: start,
    bars: bars.map((bar) => ({ ...bar, length: Math.abs(bar.value) / longest })),
    others: rest.length,
  };
}

/** The number of a class, or of the first target; null if it is not finite. */
export function figureOf({ value, probabilities }: ExplainedNumbers, label: string | null): number | null {
  const figure = label === null ? [value].flat()[0] : probabilities?.[label];
  return typeof figure === "number" && Number.isFinite(figure) ? figure : null;
}
