/** The charts of a job: loss and metrics, each for training and validation rows, then measurements of the run itself. */
import type { Line } from "../charts/plot.ts";
import type { PointTable } from "../charts/point-table.ts";
import { spansManyPowers } from "../charts/robust-range.ts";
import { formatShare, formatValue } from "../shell/format.ts";

export interface ChartPlan {
  readonly title: string;
  /** Series of the training rows; that of the validation rows is named `val_` and this. */
  readonly series: string;
  /** Whether values span powers of ten, so that a logarithmic scale helps. */
  readonly spansPowers: boolean;
  readonly format: (value: number | null | undefined) => string;
  /** Writes a value along the axis. */
  readonly tick?: (value: number) => string;
  /** What the lines of both series are called, where they are not of training and validation rows. */
  readonly labels?: readonly [own: string, held: string];
}

const PLAIN = { spansPowers: false, format: formatValue };
const POWERS = { spansPowers: true, format: formatValue };
const SHARE = {
  spansPowers: false,
  format: formatShare,
  tick: (share: number) => `${Number((share * 100).toPrecision(4))}\u2009%`,
};

/** Every possible chart, in the order in which they are shown. */
export const CHART_PLANS: readonly ChartPlan[] = [
  { title: "Loss", series: "loss", ...POWERS },
  { title: "Accuracy", series: "accuracy", ...SHARE },
  { title: "Balanced accuracy", series: "balanced_accuracy", ...SHARE },
  { title: "F1", series: "f1", ...SHARE },
  { title: "Precision", series: "precision", ...SHARE },
  { title: "Recall", series: "recall", ...SHARE },
  { title: "Log loss", series: "log_loss", ...POWERS },
  { title: "Matthews' correlation", series: "mcc", ...PLAIN },
  { title: "Area under ROC", series: "roc_auc", ...PLAIN },
  { title: "Average precision", series: "pr_auc", ...PLAIN },
  { title: "R²", series: "r2", ...PLAIN },
  { title: "Mean absolute error", series: "mae", ...POWERS },
  { title: "Root mean squared error", series: "rmse", ...POWERS },
  { title: "Mean absolute percentage error", series: "mape", ...POWERS },
  { title: "Learning rate", series: "lr", ...PLAIN },
  { title: "Gradient norm", series: "grad_norm", ...POWERS },
  { title: "Milliseconds an epoch", series: "epoch_ms", ...POWERS },
];

/** The charts of a search: an epoch of it is a candidate, and its series are of rows out of fold. */
export const SEARCH_PLANS: readonly ChartPlan[] = [
  { title: "Loss out of fold, by candidate", series: "loss", labels: ["candidate", "average so far"], ...POWERS },
  { title: "Milliseconds a candidate", series: "epoch_ms", ...POWERS },
];

/** Series of the run itself, which have no validation part. */
export const OF_THE_RUN: ReadonlySet<string> = new Set(["lr", "grad_norm", "epoch_ms"]);

/** Whether a series has no noise, so that smoothing would only distort it. */
export const isSmooth = (series: string): boolean => series === "lr";

/** Returns the charts to draw, and the others: of the run itself, and with the same value all along. */
export function withoutConstant<C extends Chart>(
  charts: readonly C[],
): { readonly drawn: readonly C[]; readonly constant: readonly C[] } {
  const isConstant = ({ series, lines }: C) =>
    isSmooth(series) && lines.every(({ values }) => values.every((value) => value === values[0] || Number.isNaN(value)));
  return { drawn: charts.filter((chart) => !isConstant(chart)), constant: charts.filter(isConstant) };
}

/** Whether a linear scale would show one value of a chart, and a logarithmic one all. */
export function needsLog({ spansPowers, lines }: Chart): boolean {
  return spansPowers && spansManyPowers(lines.flatMap(({ values }) => Array.from(values)));
}

export interface Chart extends ChartPlan {
  readonly lines: readonly Line[];
}

/** Returns the charts of some plans for which one job has points. */
export function chartsOf({ columns }: PointTable, plans: readonly ChartPlan[]): readonly Chart[] {
  return plans.flatMap((plan) => {
    const lines = linesOf(plan, columns);
    return lines.length > 0 ? [{ ...plan, lines }] : [];
  });
}

function linesOf({ series, labels }: ChartPlan, columns: PointTable["columns"]): readonly Line[] {
  const own = columns[series];
  const held = columns[`val_${series}`];
  const [label, heldLabel] = labels ?? [OF_THE_RUN.has(series) ? "value" : "training", "validation"];
  return [
    ...(own ? [{ key: series, label, color: "--chart-1", values: own }] : []),
    ...(held ? [{ key: `val_${series}`, label: heldLabel, color: "--chart-2", dashed: true, values: held }] : []),
  ];
}
