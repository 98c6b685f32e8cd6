/** A learning curve in words, for the command line and the page: whether more data would help. Pure. */
import type { z } from "zod";
import type {
  CurveFigure,
  CurvePoint,
  Forecast,
  LearningCurve,
  learningCurveBody,
} from "../../domain/explanations/learning-curve.ts";
import { figureText, kindOf, rangeText, type ScoreFormat } from "../score.ts";

export type { CurveFigure, LearningCurve } from "../../domain/explanations/learning-curve.ts";

/** How many different numbers of rows, and repeats of each. */
export type LearningCurveRequest = z.input<typeof learningCurveBody>;

/** The name of a figure, as scores have it. */
export const curveLabel = ({ name }: Pick<CurveFigure, "name">): string => kindOf(name).label;

/** A value of a figure. */
export const curveText = (value: number | null, { name }: Pick<CurveFigure, "name">, format: ScoreFormat): string =>
  figureText(value, kindOf(name), format);

/** A band of a figure: "86.0 to 87.1 %". */
export function bandText(
  band: readonly [number, number] | null,
  { name }: Pick<CurveFigure, "name">,
  format: ScoreFormat,
): string {
  const kind = kindOf(name);
  return band === null ? "–" : `${rangeText(band, kind, format)}${kind.isShare ? " %" : ""}`;
}

/** The possible change of a figure: "+0.2 to +1.4 points"; for figures that are not shares, in their own unit. */
export function gainText({ gain }: Forecast, { name }: Pick<CurveFigure, "name">, format: ScoreFormat): string {
  const kind = kindOf(name);
  const bound = (value: number) => {
    // A difference of areas stands beside areas with the same first digits.
    const size =
      kind.name === "roc_auc"
        ? format.decimal(Math.abs(value))
        : figureText(Math.abs(value), kind, format).replace(/\s?%$/, "");
    return `${value < 0 ? "−" : "+"}${size}`;
  };
  return `${bound(gain[0])} to ${bound(gain[1])}${kind.isShare ? " points" : ""}`;
}

const VERDICTS: Readonly<Record<Forecast["verdict"], string>> = {
  helps: "More data would probably help",
  may_help: "More data may help",
  flat: "The curve is flat: more rows of this kind are unlikely to help",
};

/** What a figure says about more data, as a sentence and a range: never a single number. */
export function forecastSentence(figure: CurveFigure, format: ScoreFormat): string {
  const { forecast } = figure;
  if (!forecast) return `Too few trainings came to a figure to say what more data would do to ${curveLabel(figure)}`;
  const now = curveText(figure.points.at(-1)?.mean ?? null, figure, format);
  return `${VERDICTS[forecast.verdict]}. Twice the rows, ${format.count(forecast.rows)}, would change ${curveLabel(figure)} by ${gainText(forecast, figure, format)}: ${now} now, ${bandText(forecast.figure, figure, format)} then`;
}

/** How the curve was made: "56 trainings on 34 to 269 rows, scored on 80 validation rows". */
export function curveFacts(
  { figures, repeats, failed, part, scored_rows: scored }: LearningCurve,
  format: ScoreFormat,
): string {
  const points: readonly CurvePoint[] = figures[0]?.points ?? [];
  const [first, last] = [points[0], points.at(-1)];
  const range = first && last ? ` on ${format.count(first.rows)} to ${format.count(last.rows)} rows` : "";
  const without = failed > 0 ? `, of which ${format.count(failed)} diverged` : "";
  return `${format.count(points.length * repeats)} trainings${range}${without}, all scored on the same ${format.count(scored)} ${part} rows; of rows in random order, 80 of 100 such bands hold`;
}
