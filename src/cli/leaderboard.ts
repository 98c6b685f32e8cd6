/** The leaderboard of a search on the terminal: its best candidates, and what the served average is made of. */
import type { Model } from "../client/index.ts";
import { searchMetricLabel } from "../client/search.ts";
import { percent, significant } from "./figures.ts";
import { type Terminal, table } from "./terminal.ts";

const SHOWN = 5;

/** Returns the lines of a leaderboard: the best candidates, each with its out-of-fold score and its share of the served average. */
export function leaderboardLines(search: NonNullable<Model["search"]>, terminal: Terminal): string[] {
  const { candidates, score, metric } = search;
  const served = candidates.filter(({ weight }) => weight > 0).length;
  const shown = candidates
    .slice(0, SHOWN)
    .map((candidate, index) => [
      `  ${String(index + 1).padStart(2)}`,
      candidate.name,
      scoreText(candidate.score),
      candidate.weight > 0 ? percent(candidate.weight) : "–",
    ]);
  const others = candidates.length - shown.length;
  return [
    ...table(
      [["   #", "candidate", searchMetricLabel(metric), "share"], ...shown, ["", "served average", scoreText(score), ""]],
      terminal,
    ),
    terminal.paint.dim(`  ${others > 0 ? `and ${others} more; ` : ""}the average is of ${served} of ${candidates.length}`),
    terminal.paint.dim("  out of fold: each row is predicted by networks that have not seen it"),
  ];
}

const scoreText = (score: number | null): string => (score === null ? "diverged" : significant(score));
