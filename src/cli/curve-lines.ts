/** A learning curve on the terminal: what it says of more data, and a table of its main figure by number of rows. */
import {
  bandText,
  curveFacts,
  curveLabel,
  curveText,
  forecastSentence,
  gainText,
  type LearningCurve,
} from "../client/questions/learning-curve.ts";
import { SCORE_FORMAT } from "./figures.ts";
import { type Terminal, table } from "./terminal.ts";

/** Returns the lines of an answer. */
export function curveLines(curve: LearningCurve, terminal: Terminal): string[] {
  const { figures, agrees } = curve;
  const [main, ...others] = figures;
  const { bold, dim } = terminal.paint;
  const differs = agrees
    ? []
    : [dim("  another version trained the model: its weights differ from those of this training on all rows")];
  if (!main) return ["", "  no training came to a figure", ...differs];
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
