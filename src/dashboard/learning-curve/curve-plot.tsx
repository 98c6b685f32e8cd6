/** The plot of a learning curve: a figure by number of rows on a logarithmic axis, and a band for more rows. */
import type { ComponentChildren } from "preact";
import { bandText, type CurveFigure, curveLabel, curveText } from "../../client/questions/learning-curve.ts";
import { PlotFrame, plotArea } from "../plots/frame.tsx";
import { cssColour, usePalette } from "../plots/palette.ts";
import { domainOf, shareOf } from "../plots/scale.ts";
import { useWidth } from "../plots/size.ts";
import { formatCount, SCORE_FORMAT } from "../shell/format.ts";

const HEIGHT_PX = 320;
/** Room that the label of a tick takes, in px. */
const TICK_PX = 46;

export function CurvePlot({ figure }: { readonly figure: CurveFigure }) {
  const [root, width] = useWidth<HTMLDivElement>();
  const palette = usePalette();
  const { points, forecast } = figure;
  const last = points.at(-1);
  const rows = [...points.map((point) => point.rows), ...(forecast ? [forecast.rows] : [])];
  const x = domainOf(rows.map(Math.log), 0.04);
  const y = domainOf(
    [...points.flatMap(({ mean, band, training }) => [mean, training, ...(band ?? [])]), ...(forecast?.figure ?? [])],
    0.06,
  );
  const area = plotArea(width, HEIGHT_PX, y);
  const px = (count: number) => area.left + shareOf(x, Math.log(count)) * area.width;
  const py = (value: number) => area.top + (1 - shareOf(y, value)) * area.height;
  const path = (at: readonly (readonly [number, number])[]) =>
    at.map(([count, value], index) => `${index === 0 ? "M" : "L"}${px(count).toFixed(1)} ${py(value).toFixed(1)}`).join("");
  const known = points.flatMap(({ rows: count, mean, band }) => (mean === null || !band ? [] : [{ count, mean, band }]));
  const area80 = [
    ...known.map(({ count, band }) => [count, band[1]] as const),
    ...known.toReversed().map(({ count, band }) => [count, band[0]] as const),
  ];
  const own = points.flatMap(({ rows: count, training }) => (training === null ? [] : [[count, training] as const]));
  // Every label if there is room, else every second or fourth, including the last number of rows.
  const apart = [1, 2, 4, 8].find((step) => (rows.length / step) * TICK_PX <= area.width) ?? 8;
  const ticks = rows.filter((_, index) => index === points.length || (points.length - 1 - index) % apart === 0);
  const accent = cssColour(palette.accent);
  const ahead = forecast && last?.mean != null ? { ...forecast, from: last.rows, now: last.mean } : null;
  return (
    <>
      <div class="surface-plot" ref={root} style={{ height: `${HEIGHT_PX}px` }}>
        {width > 0 && (
          <PlotFrame
            {...{ width, height: HEIGHT_PX, area, y }}
            x={x}
            xTicks={ticks.map((count) => ({ at: Math.log(count), label: formatCount(count) }))}
            xName="training rows"
            yName={curveLabel(figure)}
            grid
            label={labelOf(figure)}
          >
            {ahead && (
              <rect
                x={px(ahead.from)}
                y={area.top}
                width={area.left + area.width - px(ahead.from)}
                height={area.height}
                fill={cssColour(palette.muted, 0.08)}
              />
            )}
            <path d={`${path(area80)}Z`} fill={cssColour(palette.accent, 0.18)} />
            <path d={path(own)} fill="none" stroke={cssColour(palette.muted)} stroke-dasharray="2 3" />
            <path d={path(known.map(({ count, mean }) => [count, mean]))} fill="none" stroke={accent} stroke-width="2" />
            {known.map(({ count, mean }) => (
              <circle key={count} cx={px(count)} cy={py(mean)} r={3} fill={accent} />
            ))}
            {ahead && (
              <>
                <path
                  d={`${path([
                    [ahead.from, ahead.now],
                    [ahead.rows, ahead.figure[1]],
                    [ahead.rows, ahead.figure[0]],
                  ])}Z`}
                  fill={cssColour(palette.accent, 0.1)}
                  stroke={accent}
                  stroke-dasharray="4 3"
                />
                <path
                  d={path([
                    [ahead.rows, ahead.figure[0]],
                    [ahead.rows, ahead.figure[1]],
                  ])}
                  stroke={accent}
                  stroke-width="4"
                />
              </>
            )}
          </PlotFrame>
        )}
      </div>
      <ul class="legend-list">
        <Key label="mean of the trainings, on held-out rows">
          <rect y="4" width="12" height="3" fill={accent} />
        </Key>
        <Key label="80 % of the trainings">
          <rect width="12" height="12" fill={cssColour(palette.accent, 0.18)} />
        </Key>
        <Key label="on the rows that were trained on">
          <path d="M0 6h12" stroke={cssColour(palette.muted)} stroke-dasharray="2 3" />
        </Key>
        {ahead && (
          <Key label="where the mean would be with twice the rows, 8 times in 10">
            <rect
              x="0.5"
              y="0.5"
              width="11"
              height="11"
              fill={cssColour(palette.accent, 0.1)}
              stroke={accent}
              stroke-dasharray="4 3"
            />
          </Key>
        )}
      </ul>
    </>
  );
}

function Key({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <li>
      <svg width="12" height="12" aria-hidden="true">
        {children}
      </svg>
      {label}
    </li>
  );
}

/** What the plot shows, for screen readers. */
function labelOf(figure: CurveFigure): string {
  const { points, forecast } = figure;
  const shown = points.map(({ rows, mean }) => `${formatCount(rows)} rows ${curveText(mean, figure, SCORE_FORMAT)}`).join(", ");
  const ahead = forecast
    ? `; with ${formatCount(forecast.rows)} rows probably ${bandText(forecast.figure, figure, SCORE_FORMAT)}`
    : "";
  return `${curveLabel(figure)} by training rows: ${shown}${ahead}.`;
}
