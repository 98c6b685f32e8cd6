/** A model's evaluation on each part of its rows: scores, and plots of its errors. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { OUT_OF_FOLD } from "../../client/search.ts";
import type { ClassEvaluation, Evaluation, PartEvaluation, RegressionEvaluation } from "../../domain/models/evaluation.ts";
import { Confusion } from "../plots/confusion.tsx";
import { CalibrationPlot, ImportanceBars, PredictedPlot, ResidualPlot, RocPlot } from "../plots/evaluation-plots.tsx";
import { formatCount, formatShare, formatValue } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { Segments } from "../ui/field.tsx";
import { Card, type Fact, Facts } from "../ui/surfaces.tsx";
import { Table } from "../ui/table.tsx";
import { type ChosenRows, WorstRows, worstOf, worstOfCell } from "./worst-rows.tsx";

type Part = "train" | "validation" | "test";

const PART_LABELS: Readonly<Record<Part, string>> = { train: "Training", validation: "Validation", test: "Test" };

export interface ScoresProps {
  readonly evaluation: Evaluation;
  /** Whether the validation part has out-of-fold predictions. */
  readonly outOfFold?: boolean;
  /** The job whose rows were scored; null if it was deleted. */
  readonly job: string | null;
}

const isClasses = (evaluation: PartEvaluation): evaluation is ClassEvaluation => "accuracy" in evaluation;

export function Scores({ evaluation, outOfFold = false, job }: ScoresProps) {
  const parts = (["test", "validation", "train"] as const).filter((part) => evaluation[part] !== null);
  const [chosen, setChosen] = useState<Part>(parts[0] ?? "train");
  const shown = evaluation[chosen] ?? evaluation.train;
  const [rows, setRows] = useState<ChosenRows | null>(null);
  const worst = worstOf(shown);
  const worstButton = worst && (
    <Button small icon="search" onClick={() => setRows(worst)}>
      Worst rows
    </Button>
  );
  return (
    <div class="stack">
      <div class="row wrap">
        <Segments<Part>
          label="Rows of the evaluation"
          value={chosen}
          options={parts.map((part) => ({
            value: part,
            label: outOfFold && part === "validation" ? "Out of fold" : PART_LABELS[part],
          }))}
          onChange={(part) => setChosen(part)}
        />
        <span class="muted">{formatCount(shown.rows)} rows</span>
        {isClasses(shown) && worstButton}
      </div>
      <Facts facts={isClasses(shown) ? classFacts(shown) : valueFacts(shown)} />
      {outOfFold && <p class="muted">{OUT_OF_FOLD}</p>}
      {isClasses(shown) && !outOfFold && (
        <p class="muted">
          Log loss is computed with the stored weights, and every row counts the same. The curves show the job's own loss: it
          follows class weights and label smoothing, and on training rows it is a mean over the epoch, while weights change.
        </p>
      )}
      <div class="plot-grid-2">
        {isClasses(shown) ? (
          <ClassPlots evaluation={shown} onRows={setRows} />
        ) : (
          <ValuePlots evaluation={shown} actions={worstButton} />
        )}
        {evaluation.importance && (
          <Card title="Importance of columns">
            <ImportanceBars
              importance={evaluation.importance}
              outOfFold={outOfFold && evaluation.importance.part === "validation"}
            />
          </Card>
        )}
      </div>
      {isClasses(shown) && shown.classes && <ClassTable evaluation={shown} />}
      {rows && <WorstRows chosen={rows} job={job} onClose={() => setRows(null)} />}
    </div>
  );
}

function classFacts(evaluation: ClassEvaluation): readonly Fact[] {
  return [
    { label: "Accuracy", value: formatShare(evaluation.accuracy) },
    { label: "Balanced accuracy", value: formatShare(evaluation.balanced_accuracy) },
    { label: "F1, macro", value: formatValue(evaluation.f1.macro) },
    { label: "Area under ROC", value: formatValue(evaluation.roc_auc) },
    ...(evaluation.mcc === undefined ? [] : [{ label: "Matthews' correlation", value: formatValue(evaluation.mcc) }]),
    { label: "Log loss", value: formatValue(evaluation.log_loss) },
    { label: "Calibration error", value: formatValue(evaluation.calibration.error) },
  ];
}

function valueFacts({ r2, mae, rmse, mape }: RegressionEvaluation): readonly Fact[] {
  return [
    { label: "R²", value: formatValue(r2) },
    { label: "Mean absolute error", value: formatValue(mae) },
    { label: "Root mean squared error", value: formatValue(rmse) },
    { label: "Mean absolute percentage error", value: formatShare(mape) },
  ];
}

interface ClassPlotsProps {
  readonly evaluation: ClassEvaluation;
  onRows(rows: ChosenRows): void;
}

function ClassPlots({ evaluation, onRows }: ClassPlotsProps) {
  const { classes, confusion_matrix, worst_rows = [] } = evaluation;
  const open = (actual: string, predicted: string, count: number) => {
    const rows = worstOfCell(worst_rows, actual, predicted, count);
    return rows && (() => onRows(rows));
  };
  return (
    <>
      {classes && confusion_matrix && (
        <Card title="Confusion matrix">
          <Confusion labels={classes.map(({ label }) => label)} matrix={confusion_matrix} open={open} />
          {worst_rows.length > 0 && <p class="muted explorer-note">A cell shows its rows.</p>}
        </Card>
      )}
      {classes?.some(({ roc_curve }) => roc_curve) && (
        <Card title="ROC curve">
          <RocPlot evaluation={evaluation} />
        </Card>
      )}
      <Card title="Calibration">
        <CalibrationPlot evaluation={evaluation} />
      </Card>
    </>
  );
}

interface ValuePlotsProps {
  readonly evaluation: RegressionEvaluation;
  readonly actions: ComponentChildren;
}

function ValuePlots({ evaluation: { residuals }, actions }: ValuePlotsProps) {
  if (!residuals) return null;
  return (
    <>
      <Card title="Predicted against actual">
        <PredictedPlot residuals={residuals} />
      </Card>
      <Card title="Residuals" actions={actions}>
        <ResidualPlot residuals={residuals} />
      </Card>
    </>
  );
}

function ClassTable({ evaluation: { classes } }: { readonly evaluation: ClassEvaluation }) {
  const score = (key: "precision" | "recall" | "f1" | "roc_auc" | "pr_auc", title: string) => ({
    key,
    title,
    numeric: true,
    sortBy: (entry: NonNullable<ClassEvaluation["classes"]>[number]) => entry[key],
    render: (entry: NonNullable<ClassEvaluation["classes"]>[number]) => formatValue(entry[key]),
  });
  return (
    <Card title="Classes" flush>
      <Table
        caption="Scores by class"
        rows={classes ?? []}
        keyOf={({ label }) => label}
        columns={[
          { key: "label", title: "Class", sortBy: ({ label }) => label, render: ({ label }) => label },
          { key: "rows", title: "Rows", numeric: true, sortBy: ({ rows }) => rows, render: ({ rows }) => formatCount(rows) },
          score("precision", "Precision"),
          score("recall", "Recall"),
          score("f1", "F1"),
          score("roc_auc", "ROC area"),
          score("pr_auc", "PR area"),
        ]}
      />
    </Card>
  );
}
