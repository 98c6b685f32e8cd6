/** Which charts a job's curves make: one for the loss, one for each metric with both its parts, and one each of what else there is. */

import type { Line } from "../chart/plot.ts";
import type { PointTable } from "../chart/point-table.ts";
import { formatDuration, formatShare, formatValue } from "../shell/format.ts";

interface ChartPlan {
  readonly title: string;
  /** Series of the training rows; that of the held-out rows has `val_` before it. */
  readonly series: string;
  /** Whether a logarithmic scale is worth having: values span powers of ten. */
  readonly spansPowers?: boolean;
  readonly format?: (value: number | null | undefined) => string;
}

const PLANS: readonly ChartPlan[] = [
  { title: "Loss", series: "loss", spansPowers: true },
  { title: "Accuracy", series: "accuracy", format: formatShare },
  { title: "Balanced accuracy", series: "balanced_accuracy", format: formatShare },
  { title: "F1", series: "f1", format: formatShare },
  { title: "Precision", series: "precision", format: formatShare },
  { title: "Recall", series: "recall", format: formatShare },
  { title: "R²", series: "r2" },
  { title: "Mean absolute error", series: "mae", spansPowers: true },
  { title: "Root mean squared error", series: "rmse", spansPowers: true },
  { title: "Mean absolute percentage error", series: "mape", spansPowers: true },
  { title: "Learning rate", series: "lr" },
  { title: "Gradient norm", series: "grad_norm", spansPowers: true },
  { title: "Time an epoch", series: "epoch_ms", spansPowers: true, format: (ms) => formatDuration(Number(ms) / 1000) },
];

/** Series that are not of rows: they have no training part and no validation part. */
const OF_THE_RUN: ReadonlySet<string> = new Set(["lr", "grad_norm", "epoch_ms"]);

export interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly spansPowers: boolean;
  readonly format: (value: number | null | undefined) => string;
}

/** The charts of these points, in the order in which they are read. */
export function chartsOf({ columns }: PointTable): readonly Chart[] {
  return PLANS.flatMap(({ title, series, spansPowers = false, format = formatValue }) => {
    const lines = linesOf(series, columns);
    return lines.length > 0 ? [{ title, lines, spansPowers, format }] : [];
  });
}

function linesOf(series: string, columns: PointTable["columns"]): readonly Line[] {
  const own = columns[series];
  const held = columns[`val_${series}`];
  const label = OF_THE_RUN.has(series) ? "value" : "training";
  return [
    ...(own ? [{ key: series, label, color: "--chart-1", values: own }] : []),
    ...(held ? [{ key: `val_${series}`, label: "validation", color: "--chart-2", dashed: true, values: held }] : []),
  ];
}
