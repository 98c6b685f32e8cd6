/** A score in words, as the command line, the page and a model card show it. Pure; the caller formats the numbers. */
import type { IntervalFigure, Range } from "./models/intervals.ts";
import type { Score, ScoreMetrics } from "./models/score.ts";

/** How numbers are written. */
export interface ScoreFormat {
  /** A share of 0..1 as a percentage. */
  share(value: number): string;
  /** A measured number. */
  value(value: number): string;
  /** A number with three decimals. */
  decimal(value: number): string;
  /** A whole number. */
  count(value: number): string;
}

type FigureName =
  | "accuracy"
  | "balanced_accuracy"
  | "f1"
  | "log_loss"
  | "mcc"
  | "roc_auc"
  | "pr_auc"
  | "r2"
  | "rmse"
  | "mae"
  | "mape";

interface FigureKind {
  readonly name: FigureName;
  readonly label: string;
  readonly isShare: boolean;
}

/** In display order. The first that a score has is its main figure. */
const FIGURES: readonly FigureKind[] = [
  { name: "accuracy", label: "accuracy", isShare: true },
  { name: "balanced_accuracy", label: "balanced accuracy", isShare: true },
  { name: "f1", label: "F1", isShare: true },
  { name: "roc_auc", label: "area under ROC", isShare: false },
  { name: "pr_auc", label: "average precision", isShare: false },
  { name: "mcc", label: "MCC", isShare: false },
  { name: "log_loss", label: "log loss", isShare: false },
  { name: "r2", label: "R²", isShare: false },
  { name: "rmse", label: "RMSE", isShare: false },
  { name: "mae", label: "MAE", isShare: false },
  { name: "mape", label: "MAPE", isShare: true },
];

/** One figure of a model, with those of the baseline and the straight line; null if there is none. */
export interface ScoreFigure extends FigureKind {
  readonly model: number | null;
  /** The range in which chance puts the model's figure on fresh rows; null if it is not known. */
  readonly range: Range | null;
  readonly baseline: number | null;
  readonly linear: number | null;
}

/** The figures of a score, the main one first. */
export function scoreFigures({ metrics, intervals, baseline, linear }: Score): ScoreFigure[] {
  const read = (from: ScoreMetrics | null, name: FigureName) =>
    (from as Partial<Record<FigureName, number | null>> | null)?.[name];
  return FIGURES.filter(({ name }) => read(metrics, name) !== undefined).map((kind) => ({
    ...kind,
    model: read(metrics, kind.name) ?? null,
    range: intervals?.[kind.name as IntervalFigure] ?? null,
    baseline: read(baseline.metrics, kind.name) ?? null,
    linear: read(linear.metrics, kind.name) ?? null,
  }));
}

/** The figure that stands for a score: accuracy or R², or the first that has a value. */
export function mainFigure(score: Score): ScoreFigure {
  const figures = scoreFigures(score);
  return figures.find(({ model }) => model !== null) ?? (figures[0] as ScoreFigure);
}

/** The short name of the rows of each part, before the name of a figure. */
const PARTS: Readonly<Record<Score["part"], string>> = {
  test: "test",
  validation: "val.",
  out_of_fold: "out-of-fold",
  train: "training",
};

/** The name of the main figure and its rows: "val. accuracy". */
export function figureLabel({ part }: Pick<Score, "part">, { label }: Pick<ScoreFigure, "label">): string {
  return `${PARTS[part]} ${label}`;
}

/** Writes a figure. */
export function figureText(value: number | null, { isShare, name }: FigureKind, format: ScoreFormat): string {
  if (value === null) return "–";
  // As it is quoted, and so that the 0 of a mean does not show its rounding.
  if (name === "r2" && Math.abs(value) < 1000) return format.decimal(Math.abs(value) < 5e-4 ? 0 : value);
  return isShare ? format.share(value) : format.value(value);
}

/** The kind of a figure, by its name. */
export const kindOf = (name: FigureName): FigureKind => FIGURES.find((kind) => kind.name === name) as FigureKind;

/** Whether less of a figure is better. */
export const isFalling = (name: FigureName): boolean => ["log_loss", "rmse", "mae", "mape"].includes(name);

/** From and to, in the unit of the figure before them: "89.1 to 96.2". */
export function rangeText([low, high]: Range, kind: FigureKind, format: ScoreFormat): string {
  const bound = (value: number) => figureText(value, kind, format).replace(/\s?%$/, "");
  return `${bound(low)} to ${bound(high)}`;
}

/** The figure of a model, with its interval where there is one: "93.3 % (89.1 to 96.2)". */
export function modelText({ model, range, ...kind }: ScoreFigure, format: ScoreFormat): string {
  const text = figureText(model, kind, format);
  return range && model !== null ? `${text} (${rangeText(range, kind, format)})` : text;
}

/** Which rows were scored: "80 rows it has not seen". */
function scoredRows({ part, rows }: Pick<Score, "part" | "rows">, { count }: ScoreFormat): string {
  const many = `${count(rows)} ${rows === 1 ? "row" : "rows"}`;
  if (part === "test") return `${many} it has not seen`;
  if (part === "validation") return `${many} it was not trained on`;
  if (part === "out_of_fold") return `${many}, each predicted out of fold`;
  return `the ${many} it was trained on, since none were held out`;
}

/** What the baseline answers: "always No". */
export function baselineText({ baseline: { label } }: Score): string {
  return label === null ? "always the mean" : `always ${label === "" ? '""' : label}`;
}

/** A score as one sentence: "86.3 % (77.1 to 92.4) on 80 rows it has not seen (always No: 65.0 %, a straight line: 76.2 %)". */
export function scoreSentence(score: Score, format: ScoreFormat): string {
  const figure = mainFigure(score);
  const text = (value: number | null) => figureText(value, figure, format);
  const line = figure.linear === null ? "" : `, a straight line: ${text(figure.linear)}`;
  const beside = `${baselineText(score)}: ${text(figure.baseline)}${line}`;
  const name = figure.name === "accuracy" ? "" : `${figure.label} `;
  return `${name}${modelText(figure, format)} on ${scoredRows(score, format)} (${beside})`;
}

export type Tone = "ok" | "warn" | "bad";

export interface Verdict {
  readonly tone: Tone;
  /** A sentence without its full stop. */
  readonly words: string;
}

/** The figures of the model, of the constant answer and of the straight line, each the greater the better. */
interface Compared {
  readonly model: number;
  /** The best that the model's interval admits; the figure itself where it has none. */
  readonly atBest: number;
  readonly baseline: number | null;
  readonly linear: number | null;
  readonly score: Score;
}

/** Differences below this do not count: a row or two, or the last digit. */
const SLIGHT = 0.005;

/** What the baseline does, within a sentence: "always answering No". */
const baselineAnswer = (score: Score): string => baselineText(score).replace("always", "always answering");

/** The rules; the first that holds applies. */
const RULES: readonly (readonly [holds: (compared: Compared) => boolean, tone: Tone, words: (score: Score) => string])[] = [
  [
    ({ score }) => score.part === "train",
    "warn",
    () => "No rows were held out: this says how well it remembers, not how well it predicts",
  ],
  [
    ({ model, baseline }) => baseline !== null && model <= baseline + SLIGHT,
    "bad",
    (score) => `It is no better than ${baselineAnswer(score)}`,
  ],
  [
    // What chance among these rows could have done says nothing against the model.
    ({ atBest, linear }) => linear !== null && atBest < linear - SLIGHT,
    "warn",
    ({ part }) => `A straight line does better: prefer it${part === "out_of_fold" ? "" : ", or search for a better network"}`,
  ],
  [({ model, linear }) => linear !== null && model <= linear + SLIGHT, "ok", () => "A straight line does as well"],
  [({ linear }) => linear !== null, "ok", (score) => `It is better than ${baselineAnswer(score)} and than a straight line`],
  [() => true, "ok", (score) => `It is better than ${baselineAnswer(score)}`],
];

/** Returns the verdict on a score; null if its main figure has no value. */
export function verdictOf(score: Score): Verdict | null {
  const { name, model, baseline, linear, range } = mainFigure(score);
  if (model === null) return null;
  const sign = isFalling(name) ? -1 : 1;
  const signed = (value: number | null) => (value === null ? null : sign * value);
  const atBest = Math.max(sign * model, ...(range ?? []).map((bound) => sign * bound));
  const compared = { model: sign * model, atBest, baseline: signed(baseline), linear: signed(linear), score };
  const rule = RULES.find(([holds]) => holds(compared));
  return rule ? { tone: rule[1], words: rule[2](score) } : null;
}
