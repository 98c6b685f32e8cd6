/** The score of a model's weights, in words and beside a constant answer and a straight line on the same rows. */
import {
  baselineText,
  figureLabel,
  figureText,
  mainFigure,
  modelText,
  rangeText,
  type ScoreFigure,
  scoreFigures,
  scoreSentence,
  type Tone,
  verdictOf,
} from "../../client/score.ts";
import type { Score } from "../../domain/models/score.ts";
import { SCORE_FORMAT } from "../shell/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Card } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

/** The score in one sentence. */
export function ScoreLine({ score }: { readonly score: Score }) {
  return <p class="score-line">{scoreSentence(score, SCORE_FORMAT)}</p>;
}

const ICONS: Readonly<Record<Tone, "check" | "alert">> = { ok: "check", warn: "alert", bad: "alert" };

export function ScoreCard({ score }: { readonly score: Score }) {
  const figure = mainFigure(score);
  const verdict = verdictOf(score);
  return (
    <Card title="Score" flush>
      <div class="score-card">
        <div class="score-words">
          <p class="score-figure">
            {figureText(figure.model, figure, SCORE_FORMAT)}{" "}
            <small>
              {figure.range && `(${rangeText(figure.range, figure, SCORE_FORMAT)})`} {figureLabel(score, figure)}
            </small>
          </p>
          {verdict && (
            <p class="score-verdict" data-tone={verdict.tone}>
              <Icon name={ICONS[verdict.tone]} />
              <span>{verdict.words}.</span>
            </p>
          )}
          <ScoreLine score={score} />
          {figure.range && (
            <p class="muted">
              In brackets: its range on fresh rows of the same kind, nine times in ten. It allows for chance among these rows
              only.
            </p>
          )}
          {score.linear.reason && <p class="muted">There is no straight line to compare with: {score.linear.reason}.</p>}
        </div>
        <Table
          caption="The score, a constant answer, and a straight line"
          columns={columnsOf(score)}
          rows={scoreFigures(score)}
          keyOf={({ name }) => name}
        />
      </div>
    </Card>
  );
}

function columnsOf(score: Score): readonly Column<ScoreFigure>[] {
  const figures = (key: "model" | "baseline" | "linear", title: string): Column<ScoreFigure> => ({
    key,
    title,
    numeric: true,
    render: (figure) => (key === "model" ? modelText(figure, SCORE_FORMAT) : figureText(figure[key], figure, SCORE_FORMAT)),
  });
  return [
    { key: "figure", title: "Figure", render: ({ label }) => <span class="nowrap">{capitalised(label)}</span> },
    figures("model", "Model"),
    figures("baseline", capitalised(baselineText(score))),
    ...(score.linear.metrics ? [figures("linear", "Straight line")] : []),
  ];
}

const capitalised = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`;
