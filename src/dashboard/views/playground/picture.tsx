/** What the playground's model predicts, as a picture, with the losses beside it. */
import { useMemo, useState } from "preact/hooks";
import { LineChart } from "../../charts/chart.tsx";
import type { Line } from "../../charts/plot.ts";
import type { PointTable } from "../../charts/point-table.ts";
import { MetricTable, PointerReading } from "../../model-view/aside.tsx";
import type { PlaygroundPoint } from "../../playground/messages.ts";
import type { TrainerState } from "../../playground/use-trainer.ts";
import type { Axis } from "../../plots/field.ts";
import { Legend } from "../../plots/legend.tsx";
import type { PlottedPoint } from "../../plots/paint.ts";
import { type Palette, usePalette } from "../../plots/palette.ts";
import { type Domain, domainOf, shareOf } from "../../plots/scale.ts";
import { type Reading, Surface } from "../../plots/surface.tsx";
import { formatShare, formatValue } from "../../shell/format.ts";

/** Room around the points, as the worker has it. */
const PADDING = 0.12;
const CHART_PX = 170;
/** Of the picture while it moves. */
const MOVING_DETAIL = 0.5;

export interface PictureProps {
  readonly state: TrainerState;
  readonly playing: boolean;
  readonly names: readonly [x: string, y: string, target: string];
}

export function Picture({ state, playing, names: [xName, yName, target] }: PictureProps) {
  const { points, classes, frame } = state;
  const palette = usePalette();
  const [reading, setReading] = useState<Reading | null>(null);
  const x = useAxis(points, "x", xName, 0);
  const y = useAxis(points, "y", yName, 1);
  const range = useMemo(() => domainOf(points.map((point) => point.target)), [points]);
  const plotted = useMemo(
    () => plottedPoints(points, { x, y, range, palette, classes }),
    [points, x, y, range, palette, classes],
  );
  const parts = useMemo(() => new Set(points.map(({ part }) => part)), [points]);
  const label = `${target} as it is predicted over ${xName} and ${yName}, with ${points.length} points of the data.`;
  return (
    <div class="explorer-body">
      <div class="stack">
        <Surface
          {...{ x, y, range, label }}
          field={frame.field}
          points={plotted}
          detail={playing ? MOVING_DETAIL : 1}
          onRead={setReading}
        />
        <Legend palette={palette} labels={classes} range={classes.length === 0 ? range : null} parts={parts} />
        <PointerReading {...{ reading, x, y, palette }} labels={classes} />
      </div>
      <div class="explorer-aside">
        <Scores state={state} />
      </div>
    </div>
  );
}

function useAxis(points: readonly PlaygroundPoint[], key: "x" | "y", name: string, index: number): Axis {
  const domain = useMemo(
    () =>
      domainOf(
        points.map((point) => point[key]),
        PADDING,
      ),
    [points, key],
  );
  return useMemo(() => ({ name, index, domain }), [name, index, domain]);
}

interface Drawn {
  readonly x: Axis;
  readonly y: Axis;
  readonly range: Domain;
  readonly palette: Palette;
  readonly classes: readonly string[];
}

function plottedPoints(points: readonly PlaygroundPoint[], { x, y, range, palette, classes }: Drawn): PlottedPoint[] {
  return points.map((point) => ({
    x: shareOf(x.domain, point.x),
    y: shareOf(y.domain, point.y),
    colour: classes.length > 0 ? palette.classColour(point.target) : palette.ramp(shareOf(range, point.target)),
    part: point.part,
  }));
}

function Scores({ state: { frame, curve, classes } }: { readonly state: TrainerState }) {
  const { scores } = frame;
  const last = (name: string) => (curve.columns[name] ? formatValue(curve.columns[name]?.at(-1)) : "–");
  const format = (score: number | null) =>
    score === null ? "–" : classes.length > 0 ? formatShare(score) : formatValue(score);
  const rows = [
    { name: "Loss", training: last("loss"), validation: last("val_loss") },
    {
      name: classes.length > 0 ? "Accuracy" : "R²",
      training: format(scores.train),
      validation: format(scores.validation),
    },
  ];
  return (
    <>
      <MetricTable epoch={frame.epoch} rows={rows} hasValidation={scores.validation !== null} />
      {curve.epochs.length > 1 && <LossChart curve={curve} />}
    </>
  );
}

const ofTraining = { key: "loss", label: "training", color: "--chart-1" };
const ofValidation = { key: "val_loss", label: "validation", color: "--chart-2", dashed: true };

function LossChart({ curve: { epochs, columns } }: { readonly curve: PointTable }) {
  const lines: Line[] = [ofTraining, ofValidation].flatMap((line) => {
    const values = columns[line.key];
    return values ? [{ ...line, values }] : [];
  });
  return (
    <LineChart
      title="Loss"
      epochs={epochs}
      lines={lines}
      span={{ from: 1, to: epochs.at(-1) ?? 1 }}
      onSpan={() => undefined}
      syncKey="playground"
      height={CHART_PX}
    />
  );
}
