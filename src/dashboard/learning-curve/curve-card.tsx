/** A learning curve: whether more data would help, a plot for each figure, and its numbers. */
import { useState } from "preact/hooks";
import {
  bandText,
  type CurveFigure,
  curveFacts,
  curveLabel,
  curveText,
  forecastSentence,
  type LearningCurve,
} from "../../client/questions/learning-curve.ts";
import { formatCount, SCORE_FORMAT } from "../shell/format.ts";
import { Segments } from "../ui/field.tsx";
import { Card, Empty } from "../ui/surfaces.tsx";
import { Table } from "../ui/table.tsx";
import { CurvePlot } from "./curve-plot.tsx";

export function CurveCard({ curve }: { readonly curve: LearningCurve }) {
  const { figures, agrees } = curve;
  const [chosen, setChosen] = useState(figures[0]?.name);
  const figure = figures.find(({ name }) => name === chosen);
  return (
    <Card title="Will more data help?">
      {figure ? (
        <div class="stack">
          <p>
            <strong>{forecastSentence(figure, SCORE_FORMAT)}.</strong>
          </p>
          <Segments
            label="Figure of the curve"
            value={figure.name}
            options={figures.map(({ name }) => ({ value: name, label: curveLabel({ name }) }))}
            onChange={(name) => setChosen(name as CurveFigure["name"])}
          />
          <CurvePlot figure={figure} />
          <Numbers figure={figure} />
          <p class="muted">
            {curveFacts(curve, SCORE_FORMAT)}.
            {!agrees && " Another version trained the model: its weights differ from those of the training on all rows."}
          </p>
        </div>
      ) : (
        <Empty icon="clock" title="No training has a score" />
      )}
    </Card>
  );
}

function Numbers({ figure }: { readonly figure: CurveFigure }) {
  const text = (value: number | null) => curveText(value, figure, SCORE_FORMAT);
  return (
    <details>
      <summary>The numbers</summary>
      <Table
        caption="Figure by number of training rows"
        rows={figure.points}
        keyOf={({ rows }) => String(rows)}
        columns={[
          { key: "rows", title: "Rows", numeric: true, render: ({ rows }) => formatCount(rows) },
          { key: "mean", title: "Mean", numeric: true, render: ({ mean }) => text(mean) },
          { key: "band", title: "80 % of them", numeric: true, render: ({ band }) => bandText(band, figure, SCORE_FORMAT) },
          { key: "training", title: "On its own rows", numeric: true, render: ({ training }) => text(training) },
        ]}
      />
    </details>
  );
}
