/** The sections of a card about the model's quality: scores, plots, limits. */
import type { ModelCardFacts } from "../../domain/model-card/facts.ts";
import { isClasses, limitsOfUse, scoredPart } from "../../domain/model-card/limits-of-use.ts";
import type { ClassEvaluation, RegressionEvaluation } from "../../domain/models/evaluation.ts";
import type { Score } from "../../domain/models/score.ts";
import {
  baselineText,
  figureText,
  mainFigure,
  rangeText,
  scoreFigures,
  scoreSentence,
  verdictOf,
} from "../../domain/score-text.ts";
import { type Markup, markup } from "./markup.ts";
import { count, counted, FORMAT, first, share, short, value } from "./numbers.ts";
import { barPlot, linePlot, scatterPlot } from "./plots.ts";
import { section, table } from "./sections.ts";

/** Maximum classes whose confusions are drawn as a matrix; with more, the most frequent confusions are listed. */
const MATRIX_CLASSES = 12;
const MAX_CONFUSIONS = 15;
const MAX_CLASS_ROWS = 30;
const MAX_IMPORTANCES = 20;
const MAX_LIMITS = 30;

export function scoreSection({ model: { score } }: ModelCardFacts): Markup {
  if (!score) return section("Scores", markup`<p>Not known: it was not scored on this server.</p>`);
  const hasLine = score.linear.metrics !== null;
  const rows = scoreFigures(score).map((figure) => {
    const text = (number: number | null) => figureText(number, figure, FORMAT);
    return markup`<tr><th scope="row">${capitalised(figure.label)}</th><td class="num">${text(figure.model)}</td>
<td class="num">${figure.range ? rangeText(figure.range, figure, FORMAT) : "–"}</td><td class="num">${text(figure.baseline)}</td>
${hasLine ? markup`<td class="num">${text(figure.linear)}</td>` : null}</tr>\n`;
  });
  const main = mainFigure(score);
  const verdict = verdictOf(score);
  return section(
    "Scores",
    markup`<p class="lead">${main.name === "accuracy" ? "Accuracy " : null}${scoreSentence(score, FORMAT)}.${verdict ? ` ${verdict.words}.` : ""}</p>
${table(
  [
    markup`<th>Figure</th><th class="num">Model</th><th class="num">90 % interval</th><th class="num">${capitalised(short(baselineText(score), 40))}</th>`,
    ...(hasLine ? [markup`<th class="num">Straight line</th>`] : []),
  ],
  rows,
)}
<p class="dim">${PARTS[score.part]} Intervals: where a figure is found on fresh rows of the same kind nine times in ten, as far as chance among the ${counted(score.rows, "scored row")} goes; – where it is not known.
${hasLine ? lineText(score) : `There is no straight line to compare with: ${score.linear.reason ?? "not known"}.`}</p>`,
  );
}

const PARTS: Readonly<Record<Score["part"], string>> = {
  test: "Scored on the test part, which neither training nor the choice of a model has seen.",
  validation:
    "Scored on the validation part, which training did not learn from; where it chose an epoch, the figures are a little too good.",
  out_of_fold: "Scored out of fold: each row by networks that had not seen it.",
  train: "Scored on the rows that it was trained on, since none were held out: this says nothing of new rows.",
};

const lineText = ({ linear }: Score): string =>
  `The straight line is a ${linear.type === "logistic_regression" ? "logistic" : "ridge"} regression of the same columns${linear.rows === null ? "" : `, fitted on ${counted(linear.rows, "row")}`}.`;

const capitalised = (text: string): string => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}`;

const figure = (picture: Markup, caption: string): Markup =>
  markup`<figure>${picture}<figcaption>${caption}</figcaption></figure>\n`;

export function pictureSection(card: ModelCardFacts): Markup | null {
  const part = scoredPart(card) ?? card.evaluation?.train ?? null;
  const where = !card.evaluation
    ? ""
    : card.evaluation.test
      ? "test"
      : card.evaluation.validation
        ? card.model.search
          ? "out-of-fold"
          : "validation"
        : "training";
  const pictures = [
    curvePicture(card),
    part && (isClasses(part) ? classPictures(part, card, where) : residualPicture(part, where)),
    importancePicture(card),
  ];
  if (pictures.every((picture) => picture === null)) return null;
  return section("Pictures", markup`${pictures}`);
}

function curvePicture({ curve, job, model }: ModelCardFacts): Markup | null {
  if (!curve)
    return job && !model.search && !job.spec.influence
      ? markup`<p class="dim">The curve of its loss is not kept any more.</p>`
      : null;
  const lines = [
    { name: "training", values: curve.loss },
    ...(curve.validation ? [{ name: "validation", values: curve.validation }] : []),
  ];
  const last = curve.epochs.at(-1) ?? 0;
  return markup`<h3>Loss by epoch</h3>${figure(
    linePlot(`Loss by epoch, up to epoch ${last}`, curve.epochs, lines, ["epoch", "loss"]),
    `The loss that training makes less, ${curve.validation ? "on the rows that it learned from and on validation rows" : "on the rows that it learned from"}.`,
  )}`;
}

function residualPicture({ residuals, rows }: RegressionEvaluation, where: string): Markup | null {
  if (!residuals) return null;
  return markup`<h3>Predicted and actual values</h3>${figure(
    scatterPlot("Predicted over actual values", residuals.actual, residuals.predicted),
    `${counted(residuals.actual.length, "row")} of the ${count(rows)} ${where} rows, those with the greatest errors among them. On the dashed line, prediction and truth are the same.`,
  )}`;
}

function classPictures(part: ClassEvaluation, { model }: ModelCardFacts, where: string): Markup | null {
  const { confusion_matrix: matrix, classes } = part;
  if (!matrix) return null;
  const names = model.classes.map((label) => short(label === "" ? '""' : label, 24));
  return markup`<h3>What is taken for what</h3>
${matrix.length <= MATRIX_CLASSES ? confusionTable(matrix, names, where) : confusionList(matrix, names)}
${classes ? classTable(classes) : null}`;
}

function confusionTable(matrix: readonly (readonly number[])[], names: readonly string[], where: string): Markup {
  const rows = matrix.map((cells, actual) => {
    const drawn = cells.map((cell, predicted) => {
      const kind = predicted === actual ? "right" : cell > 0 ? "wrong" : "";
      return markup`<td class="${kind}">${count(cell)}</td>`;
    });
    return markup`<tr><th scope="row">${names[actual] ?? ""}</th>${drawn}</tr>\n`;
  });
  return figure(
    markup`<div class="scroll"><table class="matrix"><thead><tr><th>is \\ said to be</th>${names.map((name) => markup`<th>${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`,
    `Counts of ${where} rows; outlined: right.`,
  );
}

function confusionList(matrix: readonly (readonly number[])[], names: readonly string[]): Markup {
  const wrong: { actual: number; predicted: number; cell: number }[] = [];
  matrix.forEach((cells, actual) => {
    cells.forEach((cell, predicted) => {
      if (cell > 0 && actual !== predicted) wrong.push({ actual, predicted, cell });
    });
  });
  wrong.sort((a, b) => b.cell - a.cell);
  if (wrong.length === 0) return markup`<p>No row was taken for another class.</p>`;
  const { shown, rest } = first(wrong, MAX_CONFUSIONS);
  const rows = shown.map(
    ({ actual, predicted, cell }) =>
      markup`<tr><td>${names[actual] ?? ""}</td><td>${names[predicted] ?? ""}</td><td class="num">${count(cell)}</td></tr>\n`,
  );
  return markup`${table([markup`<th>Is</th><th>Said to be</th><th class="num">Rows</th>`], rows)}
${rest > 0 ? markup`<p class="dim">${count(rest)} more pairs of classes have fewer.</p>` : null}`;
}

function classTable(classes: NonNullable<ClassEvaluation["classes"]>): Markup {
  const text = (number: number | null) => (number === null ? "–" : share(number));
  const { shown, rest } = first(classes, MAX_CLASS_ROWS);
  const rows = shown.map(
    ({ label, rows, precision, recall, f1 }) =>
      markup`<tr><th scope="row">${label === "" ? '""' : short(label, 60)}</th><td class="num">${count(rows)}</td><td class="num">${text(precision)}</td><td class="num">${text(recall)}</td><td class="num">${text(f1)}</td></tr>\n`,
  );
  return markup`${table([markup`<th>Class</th><th class="num">Rows</th><th class="num">Precision</th><th class="num">Recall</th><th class="num">F1</th>`], rows)}
${rest > 0 ? markup`<p class="dim">${count(rest)} more classes are not listed.</p>` : null}`;
}

function importancePicture({ evaluation, model }: ModelCardFacts): Markup | null {
  const importance = evaluation?.importance;
  if (!importance) return markup`<p class="dim">How much each column matters was not measured.</p>`;
  const heldOut = importance.part === "validation" && model.search ? "out-of-fold" : importance.part;
  const sorted = importance.columns.toSorted((a, b) => (b.mean ?? 0) - (a.mean ?? 0));
  const { shown, rest } = first(sorted, MAX_IMPORTANCES);
  const bars = shown.map(({ column, mean, sd }) => ({
    name: column,
    value: mean ?? 0,
    text: mean === null ? "–" : `${value(mean)}${sd === null ? "" : ` ± ${value(sd)}`}`,
  }));
  return markup`<h3>What it looks at</h3>${figure(
    barPlot("Importance of columns", bars),
    `By how much ${importance.metric === "r2" ? "R²" : "accuracy"} on ${counted(importance.rows, `${heldOut} row`)} falls when a column is shuffled.${rest > 0 ? ` ${count(rest)} more columns matter less.` : ""}`,
  )}`;
}

export function limitSection(card: ModelCardFacts): Markup {
  return section(
    "Limits of use",
    markup`<ul>${limitsOfUse(card)
      .slice(0, MAX_LIMITS)
      .map((text) => markup`<li>${short(text, 400)}</li>\n`)}</ul>`,
    "limits",
  );
}
