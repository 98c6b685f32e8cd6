/** The surface of a model over two features: a filled contour on a canvas, the points of the data on it, and what it says where one points. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { useStore } from "../shell/store.ts";
import { axisName } from "./features.ts";
import { type Axis, type Field, sample, sharesAt } from "./field.ts";
import { PlotFrame, plotArea } from "./frame.tsx";
import { type PlottedPoint, paintField, paintLines, paintPoints } from "./paint.ts";
import { usePalette } from "./palette.ts";
import { type Domain, valueAt } from "./scale.ts";
import { useWidth } from "./size.ts";

/** As high as it is wide, up to this. */
const MOST_PX = 540;

/** What is said at a place. */
export interface Reading {
  readonly x: number;
  readonly y: number;
  /** Of a regression. */
  readonly value: number | null;
  /** Of classes, in the order of the labels. */
  readonly shares: readonly number[];
}

export interface SurfaceProps {
  /** Null until there is one: then the points stand alone. */
  readonly field: Field | null;
  readonly points: readonly PlottedPoint[];
  readonly x: Axis;
  readonly y: Axis;
  /** Of a regression's values. */
  readonly range: Domain;
  /** For screen readers. */
  readonly label: string;
  /** Told what is said where one points; null where one does not. */
  onRead(reading: Reading | null): void;
}

export function Surface({ field, points, x, y, range, label, onRead }: SurfaceProps) {
  const [root, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = usePalette();
  const { theme } = useApp();
  const shownTheme = useStore(theme.shown);
  const [pointer, setPointer] = useState<readonly [x: number, y: number] | null>(null);
  const latest = useRef(onRead);
  latest.current = onRead;
  const height = Math.min(width, MOST_PX);
  const area = useMemo(() => plotArea(width, height), [width, height]);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || width === 0) return;
    const scale = window.devicePixelRatio || 1;
    canvas.current.width = Math.round(area.width * scale);
    canvas.current.height = Math.round(area.height * scale);
    if (field) drawScaled(context, field, () => [palette, range] as const, area.width, area.height);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (field) paintLines(context, field, palette, range, area.width, area.height);
    paintPoints(context, points, palette, area.width, area.height);
  }, [field, points, palette, range, area, width, shownTheme]);

  useLayoutEffect(() => latest.current(pointer && readingAt(field, x, y, pointer)), [field, x, y, pointer]);

  return (
    <div
      class="surface-plot"
      ref={root}
      style={{ height: `${height}px` }}
      onPointerMove={(event) => setPointer(placeIn(event.currentTarget, event, area))}
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

/** The bands are painted at one pixel a CSS pixel and stretched: smooth, and as quick on a fine screen as on a coarse one. */
function drawScaled(
  context: CanvasRenderingContext2D,
  field: Field,
  look: () => readonly [ReturnType<typeof usePalette>, Domain],
  width: number,
  height: number,
): void {
  const [palette, range] = look();
  const buffer = document.createElement("canvas");
  buffer.width = Math.round(width);
  buffer.height = Math.round(height);
  const own = buffer.getContext("2d");
  if (!own) return;
  paintField(own, field, palette, range, buffer.width, buffer.height);
  context.drawImage(buffer, 0, 0, context.canvas.width, context.canvas.height);
}

function placeIn(
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
  const place = { x: valueAt(x.domain, u), y: valueAt(y.domain, v) };
  if (!field) return { ...place, value: null, shares: [] };
  const last = field.size - 1;
  if (field.kind === "value") return { ...place, value: sample(field.plane, field.size, u * last, v * last), shares: [] };
  return { ...place, value: null, shares: sharesAt(field, u * last, v * last) };
}
