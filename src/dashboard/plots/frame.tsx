/** The frame of a plot as SVG: ticks and names of the axes around an area. */
import type { ComponentChildren } from "preact";
import { type Domain, shareOf, tickLabel, ticksOf } from "./scale.ts";

export interface PlotArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Room for labels: at the left at least, at the bottom, and a little elsewhere. */
const LEFT_PX = 46;
/** The name of the vertical axis with the gaps beside it, and the width of a character of a tick's label. */
const NAME_PX = 26;
const CHARACTER_PX = 6.6;
const BOTTOM_PX = 40;
const EDGE_PX = 8;

/**
 * Returns the area inside the frame of a plot of this size, in px. With the vertical domain, or the labels of its ticks, there is room
 * for the longest of them beside the name of the axis.
 */
export function plotArea(width: number, height: number, y?: Domain | readonly string[]): PlotArea {
  const inner = Math.max(1, height - EDGE_PX - BOTTOM_PX);
  const labels = !y ? [] : "min" in y ? verticalTicks(y, inner).map(tickLabel) : y;
  const longest = Math.max(0, ...labels.map(({ length }) => length));
  const left = Math.max(LEFT_PX, Math.ceil(NAME_PX + longest * CHARACTER_PX));
  return { left, top: EDGE_PX, width: Math.max(1, width - left - EDGE_PX), height: inner };
}

const verticalTicks = (y: Domain, height: number): number[] => ticksOf(y, height / 48);

/** A place on an axis, and what is written there. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface FrameProps {
  readonly width: number;
  readonly height: number;
  readonly area: PlotArea;
  readonly x: Domain;
  readonly y: Domain;
  readonly xName: string;
  readonly yName: string;
  /** Ticks of the horizontal axis in place of round values, such as those of a logarithmic one. */
  readonly xTicks?: readonly Tick[];
  /** Whether lines are drawn at the ticks, behind the content. */
  readonly grid?: boolean;
  /** What the whole picture shows, for screen readers. */
  readonly label: string;
  readonly children?: ComponentChildren;
}

export function PlotFrame({
  width,
  height,
  area,
  x,
  y,
  xName,
  yName,
  xTicks: given,
  grid = false,
  label,
  children,
}: FrameProps) {
  const { left, top, width: w, height: h } = area;
  const xTicks = given ?? ticksOf(x, w / 70).map((at): Tick => ({ at, label: tickLabel(at) }));
  const yTicks = verticalTicks(y, h);
  return (
    <svg class="plot-frame" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {grid && <Grid area={area} x={x} y={y} xTicks={xTicks} yTicks={yTicks} />}
      <g class="plot-ticks">
        {xTicks.map(({ at, label: text }) => (
          <text key={at} x={left + shareOf(x, at) * w} y={top + h + 15} text-anchor="middle">
            {text}
          </text>
        ))}
        {yTicks.map((tick) => (
          <text key={tick} x={left - 6} y={top + (1 - shareOf(y, tick)) * h + 3.5} text-anchor="end">
            {tickLabel(tick)}
          </text>
        ))}
      </g>
      <text class="plot-name" x={left + w / 2} y={top + h + 33} text-anchor="middle">
        {xName}
      </text>
      <text class="plot-name" transform={`translate(11 ${top + h / 2}) rotate(-90)`} text-anchor="middle">
        {yName}
      </text>
      {children}
      <rect class="plot-edge" x={left} y={top} width={w} height={h} />
    </svg>
  );
}

interface GridProps extends Pick<FrameProps, "area" | "x" | "y"> {
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly number[];
}

function Grid({ area: { left, top, width, height }, x, y, xTicks, yTicks }: GridProps) {
  return (
    <g class="plot-grid">
      {xTicks.map(({ at }) => (
        <path key={`x${at}`} d={`M${left + shareOf(x, at) * width} ${top}v${height}`} />
      ))}
      {yTicks.map((tick) => (
        <path key={`y${tick}`} d={`M${left} ${top + (1 - shareOf(y, tick)) * height}h${width}`} />
      ))}
    </g>
  );
}
