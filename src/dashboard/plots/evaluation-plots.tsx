/** Plots of an evaluation: ROC curves, calibration, predicted against actual, residuals, and the importance of columns. */
import type { ComponentChildren } from "preact";
import type { ClassEvaluation, Importance, RegressionEvaluation } from "../../domain/models/evaluation.ts";
import { formatCount, formatShare, formatValue } from "../shell/format.ts";
import { PlotFrame, plotArea } from "./frame.tsx";
import { cssColour, usePalette } from "./palette.ts";
import { type Domain, domainOf, shareOf } from "./scale.ts";
import { useWidth } from "./size.ts";

const HEIGHT_PX = 300;
const UNIT: Domain = { min: 0, max: 1 };
const BINS = 24;
const MAX_COLUMNS = 30;

/** The size of a plot, and its pixels for values. */
function usePlot(x: Domain, y: Domain) {
  const [root, width] = useWidth<HTMLDivElement>();
  const area = plotArea(width, HEIGHT_PX, y);
  return {
    root,
    width,
    area,
    px: (value: number) => area.left + shareOf(x, value) * area.width,
    py: (value: number) => area.top + (1 - shareOf(y, value)) * area.height,
  };
}

type Plot = ReturnType<typeof usePlot>;

const lineThrough = (xs: readonly number[], ys: readonly number[], { px, py }: Plot): string =>
  xs.map((x, index) => `${index === 0 ? "M" : "L"}${px(x).toFixed(1)} ${py(ys[index] ?? 0).toFixed(1)}`).join("");

interface FramedProps {
  readonly plot: Plot;
  readonly x: Domain;
  readonly y: Domain;
  readonly xName: string;
  readonly yName: string;
  readonly label: string;
  readonly children: ComponentChildren;
}

function Framed({ plot, children, ...frame }: FramedProps) {
  return (
    <div class="surface-plot" ref={plot.root} style={{ height: `${HEIGHT_PX}px` }}>
      {plot.width > 0 && (
        <PlotFrame width={plot.width} height={HEIGHT_PX} area={plot.area} grid {...frame}>
          {children}
        </PlotFrame>
      )}
    </div>
  );
}

/** ROC curves: with two classes the second one's, else one for each class. */
export function RocPlot({ evaluation: { classes } }: { readonly evaluation: ClassEvaluation }) {
  const plot = usePlot(UNIT, UNIT);
  const palette = usePalette();
  const all = (classes ?? []).map((entry, index) => ({ ...entry, index }));
  const shown = (all.length === 2 ? all.slice(1) : all).filter(({ roc_curve }) => roc_curve !== null);
  return (
    <>
      <Framed
        {...{ plot, x: UNIT, y: UNIT }}
        xName="false positive rate"
        yName="true positive rate"
        label={`ROC curves of ${shown.map(({ label, roc_auc }) => `${label}, area ${formatValue(roc_auc)}`).join("; ")}.`}
      >
        <path class="plot-chance" d={lineThrough([0, 1], [0, 1], plot)} />
        {shown.map(({ label, index, roc_curve }) => (
          <path
            key={label}
            class="roc-curve"
            d={lineThrough(roc_curve?.false_positive_rate ?? [], roc_curve?.true_positive_rate ?? [], plot)}
            fill="none"
            stroke={cssColour(palette.classColour(index))}
            stroke-width="2"
          />
        ))}
      </Framed>
      <ul class="legend-list">
        {shown.map(({ label, index, roc_auc }) => (
          <li key={label}>
            <svg width="12" height="12" aria-hidden="true">
              <rect y="4" width="12" height="3" fill={cssColour(palette.classColour(index))} />
            </svg>
            {label}, area {formatValue(roc_auc)}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The observed frequency by the predicted probability. */
export function CalibrationPlot({ evaluation: { calibration } }: { readonly evaluation: ClassEvaluation }) {
  const plot = usePlot(UNIT, UNIT);
  const palette = usePalette();
  const bins = calibration.bins.filter(({ probability, frequency }) => probability !== null && frequency !== null);
  const most = Math.max(1, ...bins.map(({ rows }) => rows));
  return (
    <Framed
      {...{ plot, x: UNIT, y: UNIT }}
      xName="predicted probability"
      yName="observed frequency"
      label={`Calibration: the expected error is ${formatValue(calibration.error)}.`}
    >
      <path class="plot-chance" d={lineThrough([0, 1], [0, 1], plot)} />
      <path
        d={lineThrough(
          bins.map(({ probability }) => probability ?? 0),
          bins.map(({ frequency }) => frequency ?? 0),
          plot,
        )}
        fill="none"
        stroke={cssColour(palette.accent)}
        stroke-width="1.5"
      />
      {bins.map(({ lower, probability, frequency, rows }) => (
        <circle
          key={lower}
          cx={plot.px(probability ?? 0)}
          cy={plot.py(frequency ?? 0)}
          r={3 + 5 * Math.sqrt(rows / most)}
          fill={cssColour(palette.accent, 0.75)}
        >
          <title>{`${formatCount(rows)} rows: predicted ${formatShare(probability)}, observed ${formatShare(frequency)}`}</title>
        </circle>
      ))}
    </Framed>
  );
}

type Residuals = NonNullable<RegressionEvaluation["residuals"]>;

/** Rows whose prediction is a number. */
const pairsOf = ({ actual, predicted }: Residuals): (readonly [actual: number, predicted: number])[] =>
  actual.flatMap((value, row) => {
    const other = predicted[row];
    return value === null || other === null || other === undefined ? [] : [[value, other] as const];
  });

export function PredictedPlot({ residuals }: { readonly residuals: Residuals }) {
  const pairs = pairsOf(residuals);
  const range = domainOf(pairs.flat(), 0.05);
  const plot = usePlot(range, range);
  const palette = usePalette();
  return (
    <Framed {...{ plot, x: range, y: range }} xName="actual" yName="predicted" label="Predicted values against actual ones.">
      <path class="plot-chance" d={lineThrough([range.min, range.max], [range.min, range.max], plot)} />
      {pairs.map(([actual, predicted], row) => (
        <circle key={row} cx={plot.px(actual)} cy={plot.py(predicted)} r="3" fill={cssColour(palette.accent, 0.45)} />
      ))}
    </Framed>
  );
}

/** The histogram of the residuals. */
export function ResidualPlot({ residuals }: { readonly residuals: Residuals }) {
  const errors = pairsOf(residuals).map(([actual, predicted]) => actual - predicted);
  const most = Math.max(...errors.map(Math.abs), Number.MIN_VALUE);
  const x = { min: -most * 1.05, max: most * 1.05 };
  const counts = new Array<number>(BINS).fill(0);
  for (const error of errors) counts[Math.min(BINS - 1, Math.floor(shareOf(x, error) * BINS))]! += 1;
  const y = { min: 0, max: Math.max(1, ...counts) * 1.08 };
  const plot = usePlot(x, y);
  const palette = usePalette();
  const barPx = plot.area.width / BINS;
  return (
    <Framed {...{ plot, x, y }} xName="actual − predicted" yName="rows" label="Histogram of the residuals.">
      {counts.map((count, bin) => (
        <rect
          key={bin}
          x={plot.area.left + bin * barPx + 0.5}
          y={plot.py(count)}
          width={Math.max(1, barPx - 1)}
          height={plot.area.top + plot.area.height - plot.py(count)}
          fill={cssColour(palette.accent, 0.7)}
        />
      ))}
      <path class="plot-chance" d={lineThrough([0, 0], [0, y.max], plot)} />
    </Framed>
  );
}

export interface ImportanceBarsProps {
  readonly importance: Importance;
  /** Whether its rows were predicted out of fold. */
  readonly outOfFold?: boolean;
}

/** The importance of columns as bars with their standard deviation, the most important first. */
export function ImportanceBars({ importance, outOfFold = false }: ImportanceBarsProps) {
  const columns = [...importance.columns]
    .map(({ column, mean, sd }) => ({ column, mean: mean ?? 0, sd: sd ?? 0 }))
    .sort((a, b) => b.mean - a.mean);
  const shown = columns.slice(0, MAX_COLUMNS);
  const most = Math.max(...shown.map(({ mean }) => Math.abs(mean)), Number.MIN_VALUE);
  return (
    <>
      <ol class="bars">
        {shown.map(({ column, mean, sd }) => (
          <li key={column} class="bar-row">
            <span class="truncate" title={column}>
              {column}
            </span>
            <span class="bar" data-negative={mean < 0}>
              <span style={{ width: `${(Math.abs(mean) / most) * 100}%` }} />
            </span>
            <span class="num">
              {formatValue(mean)} <small class="muted">± {formatValue(sd)}</small>
            </span>
          </li>
        ))}
      </ol>
      <p class="muted explorer-note">
        The fall of {importance.metric === "r2" ? "R²" : "accuracy"} on {formatCount(importance.rows)}{" "}
        {outOfFold ? "out-of-fold" : importance.part} rows when a column's values are shuffled; mean of {importance.repeats}{" "}
        times.
        {columns.length > shown.length && ` The first ${shown.length} of ${formatCount(columns.length)} columns.`}
      </p>
    </>
  );
}
