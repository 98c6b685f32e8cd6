/** The plot of a model over two features: a filled contour on a canvas, the points of the data, the prediction at the pointer. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { useStore } from "../shell/store.ts";
import { axisName } from "./features.ts";
import { type Axis, type Field, sample, sharesAt } from "./field.ts";
import { PlotFrame, plotArea } from "./frame.tsx";
import { type PlottedPoint, paintField, paintLines, paintPoints } from "./paint.ts";
import { type Palette, usePalette } from "./palette.ts";
import { type Domain, valueAt } from "./scale.ts";
import { useWidth } from "./size.ts";

/** The plot is as high as it is wide, up to this. */
const MAX_PX = 540;

/** The prediction at a point of the plane. */
export interface Reading {
  readonly x: number;
  readonly y: number;
  /** The value of a regression; null for classes. */
  readonly value: number | null;
  /** The probabilities of classes, in the order of the labels. */
  readonly shares: readonly number[];
}

export interface SurfaceProps {
  /** Null until there is one: only the points are drawn then. */
  readonly field: Field | null;
  readonly points: readonly PlottedPoint[];
  readonly x: Axis;
  readonly y: Axis;
  /** The range of a regression's values. */
  readonly range: Domain;
  /** Pixels that the bands are painted with for each CSS pixel of a side: fewer for a picture that moves. 1 if left out. */
  readonly detail?: number;
  /** For screen readers. */
  readonly label: string;
  /** Called with the prediction at the pointer; null without one. */
  onRead(reading: Reading | null): void;
}

export function Surface({ field, points, x, y, range, detail = 1, label, onRead }: SurfaceProps) {
  const [root, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = usePalette();
  const { theme } = useApp();
  const shownTheme = useStore(theme.shown);
  const [pointer, setPointer] = useState<readonly [x: number, y: number] | null>(null);
  const latest = useRef(onRead);
  latest.current = onRead;
  const height = Math.min(width, MAX_PX);
  const area = useMemo(() => plotArea(width, height, y.domain), [width, height, y.domain.min, y.domain.max]);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || width === 0) return;
    const scale = window.devicePixelRatio || 1;
    canvas.current.width = Math.round(area.width * scale);
    canvas.current.height = Math.round(area.height * scale);
    if (field) drawBands(context, field, palette, range, area.width * detail, area.height * detail);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (field) paintLines(context, field, palette, range, area.width, area.height);
    paintPoints(context, points, palette, area.width, area.height);
  }, [field, points, palette, range, detail, area, width, shownTheme]);

  useLayoutEffect(() => latest.current(pointer && readingAt(field, x, y, pointer)), [field, x, y, pointer]);

  return (
    <div
      class="surface-plot"
      ref={root}
      style={{ height: `${height}px` }}
      onPointerMove={(event) => setPointer(positionIn(event.currentTarget, event, area))}
      onPointerLeave={() => setPointer(null)}
    >
      <canvas
        ref={canvas}
        data-drawn={field ? "field" : "points"}
        style={{ left: `${area.left}px`, top: `${area.top}px`, width: `${area.width}px`, height: `${area.height}px` }}
      />
      {width > 0 && (
        <PlotFrame
          {...{ width, height, area, label }}
          x={x.domain}
          y={y.domain}
          xName={axisName(x.name)}
          yName={axisName(y.name)}
        />
      )}
    </div>
  );
}

/** Paints the bands in a size of their own and scales them: smooth, and as fast on a dense screen as on any other. */
function drawBands(
  context: CanvasRenderingContext2D,
  field: Field,
  palette: Palette,
  range: Domain,
  width: number,
  height: number,
): void {
  const buffer = document.createElement("canvas");
  buffer.width = Math.round(width);
  buffer.height = Math.round(height);
  const own = buffer.getContext("2d");
  if (!own) return;
  paintField(own, field, palette, range, buffer.width, buffer.height);
  context.drawImage(buffer, 0, 0, context.canvas.width, context.canvas.height);
}

function positionIn(
  element: HTMLElement,
  { clientX, clientY }: PointerEvent,
  area: ReturnType<typeof plotArea>,
): readonly [number, number] | null {
  const box = element.getBoundingClientRect();
  const x = (clientX - box.left - area.left) / area.width;
  const y = 1 - (clientY - box.top - area.top) / area.height;
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? [x, y] : null;
}

function readingAt(field: Field | null, x: Axis, y: Axis, [u, v]: readonly [number, number]): Reading {
  const position = { x: valueAt(x.domain, u), y: valueAt(y.domain, v) };
  if (!field) return { ...position, value: null, shares: [] };
  const last = field.size - 1;
  if (field.kind === "value") return { ...position, value: sample(field.plane, field.size, u * last, v * last), shares: [] };
  return { ...position, value: null, shares: sharesAt(field, u * last, v * last) };
}
