/**
 * What a model says, over one or two of its features, at any moment of its training. With more features the others stay at
 * their middle, and one chooses which two to look at.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { JobRows } from "../../client/answers.ts";
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
import { MomentMetrics, PointerReading } from "./aside.tsx";
import { usePredictions } from "./predictions.ts";
import { Scrubber, useScrubbing } from "./scrubber.tsx";
import type { Moment } from "./snapshots.ts";

/** Places along each side of a surface, at most and at least, and along a line. */
const MOST_GRID = 56;
const LEAST_GRID = 20;
const LINE = 240;
/** Values that a question has, about: wide rows are asked for at fewer places. */
const MOST_VALUES = 250_000;

function gridSize(width: number): number {
  return Math.min(MOST_GRID, Math.max(LEAST_GRID, Math.floor(Math.sqrt(MOST_VALUES / width))));
}

export interface ExplorerProps {
  readonly features: readonly Feature[];
  /** How many features a row has; not all of a wide one are known here. */
  readonly width: number;
  /** Whether a feature may be missing in a row. */
  readonly mayMiss: boolean;
  /** Null where the rows are not known: then nothing is drawn on the surface. */
  readonly rows: JobRows | null;
  /** Labels in the order of the model's outputs, where they are known; empty for a regression. */
  readonly classes: readonly string[] | null;
  readonly isRegression: boolean;
  readonly snapshots: readonly Moment[];
  /** Id of the job whose epochs these are. */
  readonly job: string | null;
  readonly epochs: number;
  readonly isTraining: boolean;
  /** Names of features, those that matter most first: which are looked at before one has chosen. */
  readonly preferred: readonly string[];
  /** Told which moment is looked at. */
  onMoment(id: string | null): void;
}

export function Explorer(props: ExplorerProps) {
  const { features, rows, isRegression } = props;
  const numeric = useMemo(() => inPreference(features, props.preferred), [features, props.preferred]);
  const [xPlace, setX] = useState<number | null>(null);
  const [yPlace, setY] = useState<number | null>(null);
  const [output, setOutput] = useState(0);
  const x = numeric.find(({ place }) => place === xPlace) ?? numeric[0];
  const y =
    numeric.find(({ place }) => place === yPlace && place !== x?.place) ?? numeric.find(({ place }) => place !== x?.place);
  if (!x) return <NothingNumeric />;
  const targets = rows?.targets ?? [];
  return (
    <div class="explorer">
      {(features.length > 2 || targets.length > 1) && (
        <div class="explorer-tools">
          {y && features.length > 2 && (
            <>
              <AxisField label="Across" value={x} numeric={numeric} onChange={setX} />
              <AxisField label="Up" value={y} numeric={numeric.filter(({ place }) => place !== x.place)} onChange={setY} />
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
          {props.width - (y ? 2 : 1)} other features stay at their middle, so that points of the data lie over a slice of the
          model and not all on it.
        </p>
      )}
    </div>
  );
}

/** Features that are numbers, the preferred ones first. */
function inPreference(features: readonly Feature[], preferred: readonly string[]): readonly Feature[] {
  const rank = ({ name }: Feature) => (preferred.includes(name) ? preferred.indexOf(name) : preferred.length);
  const numeric = features.filter(({ isNumeric }) => isNumeric);
  // Of two features, the first one lies across.
  return features.length === 2 ? numeric : [...numeric].sort((a, b) => rank(a) - rank(b));
}

interface AxisFieldProps {
  readonly label: string;
  readonly value: Feature;
  readonly numeric: readonly Feature[];
  onChange(place: number): void;
}

function AxisField({ label, value, numeric, onChange }: AxisFieldProps) {
  return (
    <SelectField
      label={label}
      value={String(value.place)}
      options={numeric.map(({ name, place }) => ({ value: String(place), label: axisName(name) }))}
      onChange={(next) => onChange(Number(next))}
    />
  );
}

function NothingNumeric() {
  return (
    <Empty icon="cube" title="No feature is a number">
      There is no axis to draw the model along. Its evaluation and its predictions say what it does.
    </Empty>
  );
}

interface ExploredProps extends ExplorerProps {
  readonly x: Feature;
  readonly y: Feature | null;
  readonly output: number;
}

function Explored(props: ExploredProps) {
  const { features, rows, classes, isRegression, snapshots, x, y, output, job, epochs, isTraining, width, mayMiss } = props;
  const [reading, setReading] = useState<Reading | null>(null);
  const palette = usePalette();
  const scrubbing = useScrubbing(snapshots);
  const momentId = scrubbing.moment?.id ?? null;
  useEffect(() => props.onMoment(momentId), [momentId]);
  const base = useMemo(() => usualRow(features, width, mayMiss), [features, width, mayMiss]);
  const grid = gridSize(base.length);
  const question = y ? `${x.place} ${y.place} ${grid}` : `${x.place} ${LINE}`;
  const predictions = usePredictions(scrubbing.moment, question, () =>
    y ? gridRows(base, x, y, grid) : lineRows(base, x, LINE),
  );
  const answers = predictions.question === question ? predictions.answers : null;
  const target = rows?.targets[output];
  const labels = useMemo(
    () => (isRegression ? [] : (classes ?? labelsOf(target?.values ?? []))),
    [isRegression, classes, target],
  );
  const parts = useMemo(() => new Set(rows?.parts ?? []), [rows]);
  // A scale that stays while the surface moves: that of the data, or of the answers where no data is known.
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
          <Scrubber {...{ snapshots, scrubbing, epochs, isTraining }} drawn={answers ? predictions.moment : null} />
        </div>
        <div class="explorer-aside">
          {job !== null && scrubbing.moment?.epoch ? <MomentMetrics job={job} epoch={scrubbing.moment.epoch} /> : null}
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
  const label = `What the model says over ${axisName(x.name)} and ${axisName(y.name)}, with ${points.length} points of the data.`;
  return <Surface {...{ field, points, x, y, range, label, onRead }} />;
}

function plottedPoints(
  rows: JobRows,
  x: Feature,
  y: Feature,
  output: number,
  { palette, labels, range }: Pick<DrawnProps, "palette" | "labels" | "range">,
): PlottedPoint[] {
  const [xs, ys] = [rows.features[x.place]?.values ?? [], rows.features[y.place]?.values ?? []];
  const targets = rows.targets[output]?.values ?? [];
  return rows.parts.flatMap((part, row) => {
    const [xValue, yValue, target] = [xs[row], ys[row], targets[row]];
    if (typeof xValue !== "number" || typeof yValue !== "number" || target === null || target === undefined) return [];
    const place = labels.indexOf(String(target));
    const colour = labels.length > 0 ? palette.classColour(Math.max(0, place)) : palette.ramp(shareOf(range, Number(target)));
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
  const xs = rows.features[x.place]?.values ?? [];
  const targets = rows.targets[output]?.values ?? [];
  return rows.parts.flatMap((part, row): CurvePoint[] => {
    const [at, target] = [xs[row], targets[row]];
    if (typeof at !== "number" || target === null || target === undefined) return [];
    if (labels.length === 0) return [{ x: at, y: Number(target), part, colour: null }];
    const place = labels.indexOf(String(target));
    // A row of the class has it for certain; of two classes the line drawn is the second one's.
    return [{ x: at, y: labels.length === 2 ? place : 1, part, colour: Math.max(0, place) }];
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
