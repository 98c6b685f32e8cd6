/**
 * Plots the predictions of a model over one or two of its features, at any snapshot of its training. With more features the reader chooses
 * two; the others are held at their median.
 */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { JobRows } from "../../client/answers.ts";
import type { StepName } from "../../client/search.ts";
import { Curve, type CurvePoint, type FittedLine } from "../plots/curve.tsx";
import { axisName, type Feature, labelsOf, usualRow } from "../plots/features.ts";
import { fieldOf, gridRows, lineRows, probabilitiesOf, valuesOf } from "../plots/field.ts";
import { Legend } from "../plots/legend.tsx";
import type { PlottedPoint } from "../plots/paint.ts";
import { type Palette, usePalette } from "../plots/palette.ts";
import { type Domain, domainOf, joined, shareOf } from "../plots/scale.ts";
import { type Reading, Surface } from "../plots/surface.tsx";
import { SelectField } from "../ui/field.tsx";
import { Empty, Problem } from "../ui/surfaces.tsx";
import { EpochMetrics, PointerReading } from "./aside.tsx";
import { usePredictions } from "./predictions.ts";
import { Scrubber, useScrubbing } from "./scrubber.tsx";
import type { Snapshot } from "./snapshots.ts";

/** Maximum and minimum grid points along each side of a surface, and grid points along a line. */
const MAX_GRID = 56;
const MIN_GRID = 20;
const LINE = 240;
/** Approximate values of one request: wide rows get a coarser grid. */
const MAX_VALUES = 250_000;

function gridSize(width: number): number {
  return Math.min(MAX_GRID, Math.max(MIN_GRID, Math.floor(Math.sqrt(MAX_VALUES / width))));
}

export interface ExplorerProps {
  readonly features: readonly Feature[];
  /** Width of a row; not all features of a wide row are known here. */
  readonly width: number;
  /** Whether a feature may be missing in a row. */
  readonly mayMiss: boolean;
  /** Null if the rows are not known: then no points are drawn. */
  readonly rows: JobRows | null;
  /** Labels in the order of the model's outputs, if they are known; empty for a regression. */
  readonly classes: readonly string[] | null;
  readonly isRegression: boolean;
  readonly snapshots: readonly Snapshot[];
  /** Id of the job whose epochs these are. */
  readonly job: string | null;
  readonly epochs: number;
  /** The name of an epoch: in a search, each is a candidate. */
  readonly step: StepName;
  readonly isTraining: boolean;
  /** Names of features, the most important first: the plot begins with these. */
  readonly preferred: readonly string[];
  /** Called with the snapshot that is shown. */
  onSnapshot(snapshot: Snapshot | null): void;
}

export function Explorer(props: ExplorerProps) {
  const { features, rows, isRegression } = props;
  const numeric = useMemo(() => inPreference(features, props.preferred), [features, props.preferred]);
  const [xIndex, setX] = useState<number | null>(null);
  const [yIndex, setY] = useState<number | null>(null);
  const [output, setOutput] = useState(0);
  const x = numeric.find(({ index }) => index === xIndex) ?? numeric[0];
  const y =
    numeric.find(({ index }) => index === yIndex && index !== x?.index) ?? numeric.find(({ index }) => index !== x?.index);
  if (!x) return <NothingNumeric />;
  const targets = rows?.targets ?? [];
  return (
    <div class="explorer">
      {(features.length > 2 || targets.length > 1) && (
        <div class="explorer-tools">
          {y && features.length > 2 && (
            <>
              <AxisField label="Horizontal axis" value={x} numeric={numeric} onChange={setX} />
              <AxisField
                label="Vertical axis"
                value={y}
                numeric={numeric.filter(({ index }) => index !== x.index)}
                onChange={setY}
              />
            </>
          )}
          {isRegression && targets.length > 1 && (
            <SelectField
              label="Target"
              value={String(output)}
              options={targets.map(({ name }, index) => ({ value: String(index), label: name }))}
              onChange={(value) => setOutput(Number(value))}
            />
          )}
        </div>
      )}
      <Explored {...props} x={x} y={y ?? null} output={output} />
      {features.length > 2 && (
        <p class="muted explorer-note">
          {othersHeld(props.width - (y ? 2 : 1))}: the plot is a slice of the model, and points of the data may lie off it.
        </p>
      )}
    </div>
  );
}

const othersHeld = (count: number): string =>
  count === 1 ? "The other feature is held at its median" : `The other ${count} features are held at their median`;

/** Numeric features, the preferred ones first. */
function inPreference(features: readonly Feature[], preferred: readonly string[]): readonly Feature[] {
  const rank = ({ name }: Feature) => (preferred.includes(name) ? preferred.indexOf(name) : preferred.length);
  const numeric = features.filter(({ isNumeric }) => isNumeric);
  // Of two features, the first one is on the horizontal axis.
  return features.length === 2 ? numeric : [...numeric].sort((a, b) => rank(a) - rank(b));
}

interface AxisFieldProps {
  readonly label: string;
  readonly value: Feature;
  readonly numeric: readonly Feature[];
  onChange(index: number): void;
}

function AxisField({ label, value, numeric, onChange }: AxisFieldProps) {
  return (
    <SelectField
      label={label}
      value={String(value.index)}
      options={numeric.map(({ name, index }) => ({ value: String(index), label: axisName(name) }))}
      onChange={(next) => onChange(Number(next))}
    />
  );
}

function NothingNumeric() {
  return (
    <Empty icon="cube" title="No feature is numeric">
      The model cannot be plotted. Its evaluation and its predictions show what it does.
    </Empty>
  );
}

interface ExploredProps extends ExplorerProps {
  readonly x: Feature;
  readonly y: Feature | null;
  readonly output: number;
}

function Explored(props: ExploredProps) {
  const { features, rows, classes, isRegression, snapshots, x, y, output, job, epochs, isTraining, step, width, mayMiss } =
    props;
  const [reading, setReading] = useState<Reading | null>(null);
  const palette = usePalette();
  const scrubbing = useScrubbing(snapshots);
  const snapshotId = scrubbing.snapshot?.id ?? null;
  useEffect(() => props.onSnapshot(scrubbing.snapshot), [snapshotId]);
  const base = useMemo(() => usualRow(features, width, mayMiss), [features, width, mayMiss]);
  const grid = gridSize(base.length);
  const question = y ? `${x.index} ${y.index} ${grid}` : `${x.index} ${LINE}`;
  const predictions = usePredictions(scrubbing.snapshot, question, () =>
    y ? gridRows(base, x, y, grid) : lineRows(base, x, LINE),
  );
  const answers = predictions.question === question ? predictions.answers : null;
  const target = rows?.targets[output];
  const labels = useMemo(
    () => (isRegression ? [] : (classes ?? labelsOf(target?.values ?? []))),
    [isRegression, classes, target],
  );
  const parts = useMemo(() => new Set(rows?.parts ?? []), [rows]);
  // The colour scale stays while the surface changes: that of the data, or of the answers if the data is not known.
  const range = useMemo(
    () => domainOf(target?.values ?? (answers ? valuesOf(answers, output) : [])),
    [target, target ? null : answers, output],
  );
  const drawn = { palette, labels, range, answers, output, x, y, grid };
  return (
    <>
      {predictions.error ? <Problem error={predictions.error} /> : null}
      <div class="explorer-body">
        <div class="stack">
          {y ? (
            <DrawnSurface {...drawn} y={y} rows={rows} onRead={setReading} />
          ) : (
            <DrawnCurve {...drawn} rows={rows} isRegression={isRegression} />
          )}
          <Scrubber {...{ snapshots, scrubbing, epochs, isTraining, step }} drawn={answers ? predictions.snapshot : null} />
        </div>
        <div class="explorer-aside">
          {job !== null && step === "epoch" && scrubbing.snapshot?.epoch ? (
            <EpochMetrics job={job} epoch={scrubbing.snapshot.epoch} />
          ) : null}
          <Legend palette={palette} labels={labels} range={isRegression && y ? range : null} parts={parts} />
          {y && <PointerReading {...{ reading, x, y, labels, palette }} />}
        </div>
      </div>
    </>
  );
}

interface DrawnProps {
  readonly palette: Palette;
  readonly labels: readonly string[];
  readonly range: Domain;
  readonly answers: Parameters<typeof fieldOf>[0] | null;
  readonly output: number;
  readonly rows: JobRows | null;
  readonly x: Feature;
  readonly grid: number;
}

interface DrawnSurfaceProps extends DrawnProps {
  readonly y: Feature;
  onRead(reading: Reading | null): void;
}

function DrawnSurface({ palette, labels, range, answers, output, rows, x, y, grid, onRead }: DrawnSurfaceProps) {
  const field = useMemo(() => answers && fieldOf(answers, labels, grid, output), [answers, labels, grid, output]);
  const points = useMemo(
    () => (rows ? plottedPoints(rows, x, y, output, { palette, labels, range }) : []),
    [rows, x, y, output, palette, labels, range],
  );
  const label = `Predictions over ${axisName(x.name)} and ${axisName(y.name)}, with ${points.length} points of the data.`;
  return <Surface {...{ field, points, x, y, range, label, onRead }} />;
}

function plottedPoints(
  rows: JobRows,
  x: Feature,
  y: Feature,
  output: number,
  { palette, labels, range }: Pick<DrawnProps, "palette" | "labels" | "range">,
): PlottedPoint[] {
  const [xs, ys] = [rows.features[x.index]?.values ?? [], rows.features[y.index]?.values ?? []];
  const targets = rows.targets[output]?.values ?? [];
  return rows.parts.flatMap((part, row) => {
    const [xValue, yValue, target] = [xs[row], ys[row], targets[row]];
    if (typeof xValue !== "number" || typeof yValue !== "number" || target === null || target === undefined) return [];
    const classIndex = labels.indexOf(String(target));
    const colour =
      labels.length > 0 ? palette.classColour(Math.max(0, classIndex)) : palette.ramp(shareOf(range, Number(target)));
    return [{ x: shareOf(x.domain, xValue), y: shareOf(y.domain, yValue), colour, part }];
  });
}

function DrawnCurve({
  labels,
  range,
  answers,
  output,
  rows,
  x,
  isRegression,
}: DrawnProps & { readonly isRegression: boolean }) {
  const points = useMemo(() => (rows ? curvePoints(rows, x, output, labels) : []), [rows, x, output, labels]);
  const lines = useMemo(() => (answers ? fittedLines(answers, output, labels) : []), [answers, output, labels]);
  const y = isRegression
    ? joined(
        range,
        domainOf(
          points.map((point) => point.y),
          0.06,
        ),
      )
    : { min: -0.05, max: 1.05 };
  const name = isRegression ? (rows?.targets[output]?.name ?? "target") : "probability";
  return <Curve {...{ x, y, points, lines }} yName={name} label={`The data and the fitted line over ${axisName(x.name)}.`} />;
}

function curvePoints(rows: JobRows, x: Feature, output: number, labels: readonly string[]): CurvePoint[] {
  const xs = rows.features[x.index]?.values ?? [];
  const targets = rows.targets[output]?.values ?? [];
  return rows.parts.flatMap((part, row): CurvePoint[] => {
    const [at, target] = [xs[row], targets[row]];
    if (typeof at !== "number" || target === null || target === undefined) return [];
    if (labels.length === 0) return [{ x: at, y: Number(target), part, colour: null }];
    const classIndex = labels.indexOf(String(target));
    // A row has its own class with probability 1; with two classes the second one's probability is drawn.
    return [{ x: at, y: labels.length === 2 ? classIndex : 1, part, colour: Math.max(0, classIndex) }];
  });
}

function fittedLines(answers: NonNullable<DrawnProps["answers"]>, output: number, labels: readonly string[]): FittedLine[] {
  if (labels.length === 0) return [{ label: "fit", colour: null, values: valuesOf(answers, output) }];
  const shown = labels.length === 2 ? [1] : labels.map((_, index) => index);
  return shown.map((index) => {
    const label = labels[index] as string;
    return { label, colour: index, values: probabilitiesOf(answers, label) };
  });
}
