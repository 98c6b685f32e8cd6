/** The frame of a plot of trials as SVG: ticks, names and grid of two axes around an area; the content lies behind it. */
import type { ComponentChildren } from "preact";
import { type PlotArea, plotArea } from "../../plots/frame.tsx";
import type { Tick, TrialAxis } from "./plots/axes.ts";

export interface TrialFrameProps {
  readonly width: number;
  readonly height: number;
  readonly area: PlotArea;
  readonly x: { readonly name: string; readonly ticks: readonly Tick[] };
  readonly y: { readonly name: string; readonly ticks: readonly Tick[] };
  /** What the picture shows, for screen readers. */
  readonly label: string;
  /** SVG over the area. */
  readonly children?: ComponentChildren;
}

/** Characters of a tick's label that are shown. */
const TICK_CHARACTERS = 14;
const VERTICAL_CHARACTERS = 7;

export function TrialFrame({ width, height, area, x, y, label, children }: TrialFrameProps) {
  const { left, top, width: w, height: h } = area;
  return (
    <svg class="plot-frame" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <g class="plot-grid">
        {x.ticks.map((tick) => (
          <path key={`x${tick.share}`} d={`M${left + tick.share * w} ${top}v${h}`} />
        ))}
        {y.ticks.map((tick) => (
          <path key={`y${tick.share}`} d={`M${left} ${top + (1 - tick.share) * h}h${w}`} />
        ))}
      </g>
      <g class="plot-ticks">
        {x.ticks.map((tick) => (
          <text key={tick.share} x={left + tick.share * w} y={top + h + 15} text-anchor={anchorOf(tick.share)}>
            {cut(tick.label)}
          </text>
        ))}
        {y.ticks.map((tick) => (
          <text key={tick.share} x={left - 6} y={top + (1 - tick.share) * h + 3.5} text-anchor="end">
            {cut(tick.label, VERTICAL_CHARACTERS)}
          </text>
        ))}
      </g>
      <text class="plot-name" x={left + w / 2} y={top + h + 33} text-anchor="middle">
        {cut(x.name, Math.floor(w / 6.5))}
      </text>
      <text class="plot-name" transform={`translate(11 ${top + h / 2}) rotate(-90)`} text-anchor="middle">
        {cut(y.name, Math.floor(h / 6.5))}
      </text>
      {children}
      <rect class="plot-edge" x={left} y={top} width={w} height={h} />
    </svg>
  );
}

/** The ticks of a vertical axis in an area of this height. */
export const verticalTicks = (axis: TrialAxis, { height }: Pick<PlotArea, "height">): readonly Tick[] =>
  axis.ticks(height / 44);

/** Returns the area inside the frame of a plot, in px: with room at the left for the ticks of its vertical axis beside their name. */
export function trialArea(width: number, height: number, y: TrialAxis): PlotArea {
  const labels = verticalTicks(y, plotArea(width, height)).map(({ label }) => cut(label, VERTICAL_CHARACTERS));
  return plotArea(width, height, labels);
}

/** Labels at the ends stay within the picture. */
const anchorOf = (share: number) => (share > 0.97 ? "end" : share < 0.03 ? "start" : "middle");

/** Cuts a text that is longer than so many characters. */
export const cut = (text: string, most = TICK_CHARACTERS): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;

/** Where shares of two axes lie in an area, in px. */
export const placeIn = ({ left, top, width, height }: PlotArea, x: number, y: number): readonly [number, number] => [
  left + x * width,
  top + (1 - y) * height,
];
