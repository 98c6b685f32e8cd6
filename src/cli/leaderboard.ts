/**
 * The results of searches, audits and questions on the terminal: the best candidates; doubtful labels; rows behind a prediction; learning
 * curves; other seeds.
 */
import { comparedLabel } from "../client/better.ts";
import type { Influence, JobRows, Model } from "../client/index.ts";
import { influencedRows, predictionSentence, type RowList, rowLists } from "../client/questions/influence.ts";
import {
  bandText,
  curveFacts,
  curveLabel,
  curveText,
  forecastSentence,
  gainText,
  type LearningCurve,
} from "../client/questions/learning-curve.ts";
import { type SeedSpread, seedMeanText, seedSentence, seedValueText } from "../client/questions/seeds.ts";
import { searchMetricLabel } from "../client/search.ts";
import { percent, SCORE_FORMAT, significant } from "./figures.ts";
import { shellWord, type Terminal, table } from "./terminal.ts";

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
    terminal.paint.dim(`  ${others > 0 ? `and ${others} more; ` : ""}the average uses ${served} of ${candidates.length}`),
    terminal.paint.dim("  out of fold: each row is predicted by networks that have not seen it"),
  ];
}

const scoreText = (score: number | null): string => (score === null ? "diverged" : significant(score));

// ---------------------------------------------------------------- labels

type Labels = NonNullable<NonNullable<Model["evaluation"]>["labels"]>;

/** Rows that are shown; all of them are in the JSON. */
const SHOWN_LABELS = 20;

/** Returns the lines of an audit: the doubtful rows, and how to correct them. Rows are counted from 1, as the page counts them. */
export function auditLines(
  { rows, repeats, folds, doubtful, labels }: Labels,
  dataset: string | null,
  terminal: Terminal,
): string[] {
  const times = repeats === 1 ? "once" : `${repeats} times`;
  const looked = terminal.paint.dim(
    `  ${rows} rows, cut into ${folds} folds ${times}; each was predicted by models that have not seen it`,
  );
  const suspects = labels.filter((label) => label.doubtful);
  if (suspects.length === 0) return ["", "  No label looks wrong.", looked];
  const shown = suspects
    .slice(0, SHOWN_LABELS)
    .map(({ row, label, suggested, label_probability: own, suggested_probability: other }) => {
      return [`  ${row + 1}`, label, percent(own), suggested, percent(other)];
    });
  const more = doubtful - shown.length;
  const [first] = suspects;
  return [
    "",
    ...table([["  row", "label", "probability", "suggested", "probability"], ...shown], terminal),
    ...(more > 0 ? [terminal.paint.dim(`  and ${more} more; show them with: trainyard models show --json`)] : []),
    "",
    `  ${doubtful === 1 ? "1 label is" : `${doubtful} labels are`} probably wrong: look at them before you correct them.`,
    looked,
    ...(dataset && first
      ? [`  correct with: trainyard datasets correct ${dataset} --set ${shellWord(`${first.row + 1}=${first.suggested}`)}`]
      : []),
  ];
}

// ---------------------------------------------------------------- rows behind a prediction

/** Rows of each list, and columns of the data, that are shown. */
const SHOWN_INFLUENCES = 5;
const SHOWN_COLUMNS = 4;

/** The rows whose cells `influenceLines` shows, by their numbers. */
export const shownRows = (influence: Influence): number[] => influencedRows(influence, SHOWN_INFLUENCES);

/** Returns the lines of an answer. `rows` are the cells of `shownRows`; null where the data is gone. Rows are counted from 1, as the page does. */
export function influenceLines(influence: Influence, rows: JobRows | null, terminal: Terminal): string[] {
  const { predictions, rows: leftOut, training_rows: training, agrees } = influence;
  const { dim } = terminal.paint;
  const numbers = shownRows(influence);
  return [
    ...predictions.flatMap((prediction) => {
      const sentence = predictionSentence(prediction, { share: percent, value: significant });
      return [
        "",
        `  ${terminal.paint.bold(sentence)}`,
        ...rowLists(prediction).flatMap((list) => listLines(list, prediction.type, numbers, rows, terminal)),
      ];
    }),
    "",
    dim(`  ${leftOut.length} of ${training} training rows were left out, one at a time, with one training for each`),
    ...(agrees
      ? []
      : [dim("  another version of the engine trained the model: its weights differ from those of this training on all rows")]),
  ];
}

function listLines(
  { title, rows, isOfLoss }: RowList,
  type: "probability" | "value",
  numbers: readonly number[],
  cells: JobRows | null,
  terminal: Terminal,
): string[] {
  if (rows.length === 0) return ["", `  ${title}: none`];
  const columns = cells ? [...cells.targets, ...cells.features].slice(0, SHOWN_COLUMNS) : [];
  const signed = (value: number | null | undefined) =>
    typeof value === "number" ? `${value > 0 ? "+" : ""}${significant(value)}` : "";
  const shown = rows.slice(0, SHOWN_INFLUENCES).map(({ row, change, loss_change }) => {
    const own = columns.map(({ values }) => cellText(values[numbers.indexOf(row)]));
    return [`  ${row + 1}`, signed(change), ...(isOfLoss ? [signed(loss_change)] : []), ...own];
  });
  const head = ["  row", type, ...(isOfLoss ? ["loss"] : []), ...columns.map(({ name }) => name)];
  return ["", `  ${title}`, ...table([head, ...shown], terminal)];
}

const cellText = (value: number | string | null | undefined): string =>
  value === null || value === undefined
    ? "–"
    : typeof value === "number" && !Number.isInteger(value)
      ? significant(value)
      : String(value);

// ---------------------------------------------------------------- more data

/** Returns the lines of a learning curve: its forecast, and its main figure by number of rows. */
export function curveLines(curve: LearningCurve, terminal: Terminal): string[] {
  const { figures, agrees } = curve;
  const [main, ...others] = figures;
  const { bold, dim } = terminal.paint;
  const differs = agrees
    ? []
    : [dim("  another version of the engine trained the model: its weights differ from those of this training on all rows")];
  if (!main) return ["", "  no training has a score", ...differs];
  const { forecast, points } = main;
  const [said = "", ...rest] = forecastSentence(main, SCORE_FORMAT).split(". ");
  const rows = points.map(({ rows: count, mean, band, training }) => [
    `  ${count}`,
    curveText(mean, main, SCORE_FORMAT),
    bandText(band, main, SCORE_FORMAT),
    curveText(training, main, SCORE_FORMAT),
  ]);
  const ahead = forecast ? [[`  ${forecast.rows}`, "", bandText(forecast.figure, main, SCORE_FORMAT), ""]] : [];
  return [
    "",
    `  ${bold(said)}`,
    ...rest.flatMap((sentence) => sentence.split(": ")).map((part) => `  ${part}`),
    "",
    ...table([["  rows", curveLabel(main), "80 % of them", "on its own rows"], ...rows, ...ahead], terminal),
    "",
    ...others.flatMap((figure) =>
      figure.forecast ? [`  ${curveLabel(figure)} would change by ${gainText(figure.forecast, figure, SCORE_FORMAT)}`] : [],
    ),
    ...wrapped(curveFacts(curve, SCORE_FORMAT)).map((line) => dim(`  ${line}`)),
    ...differs,
  ];
}

/** The parts of a sentence, a line each. */
const wrapped = (text: string): string[] => text.split("; ");

// ---------------------------------------------------------------- seeds

/** Returns the lines of a job that compared seeds. */
export function seedLines(spread: SeedSpread, terminal: Terminal): string[] {
  const { bold, dim } = terminal.paint;
  const lines = spread.figures.map((each) => [
    `  ${comparedLabel(each)}`,
    seedValueText(each.own, each, SCORE_FORMAT),
    seedMeanText(each, SCORE_FORMAT),
    seedValueText(each.sd, each, SCORE_FORMAT),
    seedValueText(each.seed_sd, each, SCORE_FORMAT),
  ]);
  return [
    "",
    `  ${bold(seedSentence(spread, SCORE_FORMAT))}`,
    "",
    ...table([["", "own seed", "mean (90 %)", "sd", "by seed"], ...lines], terminal),
    "",
    dim("  in brackets: the range of a training with a new seed on fresh rows"),
    dim("  by seed: the part of the sd that is not chance among these rows"),
    ...(spread.agrees ? [] : [dim("  another version of the engine trained the model: its weights differ from those here")]),
  ];
}
