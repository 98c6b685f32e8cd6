/** The plot of a model over one feature: the points of the data, and the fitted line. */
import type { RowPart } from "../../domain/jobs/job-rows.ts";
import { axisName } from "./features.ts";
import type { Axis } from "./field.ts";
import { PlotFrame, plotArea } from "./frame.tsx";
import { cssColour, usePalette } from "./palette.ts";
import { type Domain, shareOf } from "./scale.ts";
import { useWidth } from "./size.ts";

const HEIGHT_PX = 420;

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly part: RowPart;
  /** The index of its class; null for a regression. */
  readonly colour: number | null;
}

export interface FittedLine {
  readonly label: string;
  /** The index of its class; null for a regression. */
  readonly colour: number | null;
  /** Evenly spaced over the axis. */
  readonly values: Float64Array;
}

export interface CurveProps {
  readonly x: Axis;
  readonly y: Domain;
  readonly yName: string;
  readonly points: readonly CurvePoint[];
  readonly lines: readonly FittedLine[];
  readonly label: string;
}

export function Curve({ x, y, yName, points, lines, label }: CurveProps) {
  const [root, width] = useWidth<HTMLDivElement>();
  const palette = usePalette();
  const height = Math.min(HEIGHT_PX, Math.max(260, width * 0.8));
  const area = plotArea(width, height, y);
  const px = (value: number) => area.left + shareOf(x.domain, value) * area.width;
  const py = (value: number) => area.top + (1 - shareOf(y, value)) * area.height;
  const colourOf = (index: number | null) => (index === null ? palette.accent : palette.classColour(index));
  return (
    <div class="surface-plot" ref={root} style={{ height: `${height}px` }}>
      {width > 0 && (
        <PlotFrame {...{ width, height, area, label, yName, y }} x={x.domain} xName={axisName(x.name)} grid>
          <g>
            {points.map(({ x: at, y: value, part, colour }, index) => (
              <circle
                key={index}
                cx={px(at)}
                cy={py(value)}
                r={3}
                fill={part === "train" ? cssColour(colour === null ? palette.muted : colourOf(colour), 0.55) : "none"}
                stroke={part === "train" ? "none" : cssColour(colour === null ? palette.muted : colourOf(colour))}
                stroke-width="1.5"
              />
            ))}
          </g>
          {lines.map(({ label: name, colour, values }) => (
            <path
              key={name}
              class="fitted-line"
              d={pathOf(values, area, y)}
              fill="none"
              stroke={cssColour(colourOf(colour))}
              stroke-width="2.5"
            />
          ))}
        </PlotFrame>
      )}
    </div>
  );
}

/** Values beyond the frame are drawn along its edge. */
function pathOf(values: Float64Array, { left, top, width, height }: ReturnType<typeof plotArea>, y: Domain): string {
  return Array.from(values, (value, index) => {
    const share = Math.min(1, Math.max(0, shareOf(y, value)));
    const px = left + (index / (values.length - 1)) * width;
    return `${index === 0 ? "M" : "L"}${px.toFixed(1)} ${(top + (1 - share) * height).toFixed(1)}`;
  }).join("");
}
