/** What a model's weights are worth, beside a constant answer and a straight line on the same rows. */
import { baselineText, figureText, type ScoreFigure, scoreFigures, scoreSentence } from "../../client/score.ts";
import type { Score } from "../../domain/models/score.ts";
import { SCORE_FORMAT } from "../shell/format.ts";
import { Card } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

/** The score in one sentence. */
export function ScoreLine({ score }: { readonly score: Score }) {
  return <p class="score-line">{scoreSentence(score, SCORE_FORMAT)}</p>;
}

export function ScoreCard({ score }: { readonly score: Score }) {
  return (
    <Card title="Score" flush>
      <div class="card-body">
        <ScoreLine score={score} />
        {score.linear.reason && <p class="muted">There is no straight line to compare with: {score.linear.reason}.</p>}
      </div>
      <Table
        caption="The score, a constant answer, and a straight line"
        columns={columnsOf(score)}
        rows={scoreFigures(score)}
        keyOf={({ name }) => name}
      />
    </Card>
  );
}

function columnsOf(score: Score): readonly Column<ScoreFigure>[] {
  const figures = (key: "model" | "baseline" | "linear", title: string): Column<ScoreFigure> => ({
    key,
    title,
    numeric: true,
    render: (figure) => figureText(figure[key], figure, SCORE_FORMAT),
  });
  return [
    { key: "figure", title: "Figure", render: ({ label }) => capitalised(label) },
    figures("model", "Model"),
    figures("baseline", capitalised(baselineText(score))),
    ...(score.linear.metrics ? [figures("linear", "Straight line")] : []),
  ];
}

const capitalised = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`;
