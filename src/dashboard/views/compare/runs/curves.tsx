/** The curves of chosen runs: a plot for each metric, a line for each run that has it. */

import { PlotFrame, plotArea } from "../../../plots/frame.tsx";
import { cssColour, usePalette } from "../../../plots/palette.ts";
import { domainOf, shareOf } from "../../../plots/scale.ts";
import { useWidth } from "../../../plots/size.ts";
import { useApp } from "../../../shell/app-context.ts";
import { useResource } from "../../../shell/resource.ts";
import { Card, Problem } from "../../../ui/surfaces.tsx";
import { type Curve, type Run, readCurve } from "./read-runs.ts";

const HEIGHT_PX = 260;
/** Most metrics that are drawn, by name. */
const MAX_PLOTS = 12;
/** Most points of a line that are drawn. */
const MAX_POINTS = 2000;

export function Curves({ runs }: { readonly runs: readonly Run[] }) {
  const counts = new Map<string, number>();
  for (const { key } of runs.flatMap(({ data }) => data.metrics)) counts.set(key, (counts.get(key) ?? 0) + 1);
  // Metrics that most runs have come first: they are being compared.
  const metrics = [...counts].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1)).map(([key]) => key);
  return (
    <>
      {metrics.slice(0, MAX_PLOTS).map((metric) => (
        <Card key={metric} title={metric}>
          <MetricPlot metric={metric} chosen={runs} />
        </Card>
      ))}
      {metrics.length > MAX_PLOTS && <p class="muted">{`And ${metrics.length - MAX_PLOTS} more metrics.`}</p>}
    </>
  );
}

interface PlotProps {
  readonly metric: string;
  /** All chosen runs: a run has one colour in every plot. */
  readonly chosen: readonly Run[];
}

function MetricPlot({ metric, chosen }: PlotProps) {
  const runs = chosen.filter(({ data }) => data.metrics.some(({ key }) => key === metric));
  const { api } = useApp();
  const [root, width] = useWidth<HTMLDivElement>();
  const palette = usePalette();
  const ids = runs.map(({ info }) => info.run_id).join(" ");
  const { data, error, reload } = useResource(
    (signal) => Promise.all(runs.map((run) => readCurve(api.transport, run, metric, signal))),
    [ids, metric],
  );
  if (error) return <Problem error={error} retry={reload} />;
  const curves = data ?? [];
  const x = domainOf(
    curves.flatMap(({ steps }) => [steps.at(0), steps.at(-1)]),
    0.02,
  );
  const y = domainOf(
    curves.flatMap(({ values }) => values),
    0.06,
  );
  const colourOf = ({ info }: Run) =>
    cssColour(palette.classColour(chosen.findIndex((run) => run.info.run_id === info.run_id)));
  const area = plotArea(width, HEIGHT_PX, y);
  const px = (step: number) => area.left + shareOf(x, step) * area.width;
  const py = (value: number) => area.top + (1 - shareOf(y, value)) * area.height;
  return (
    <>
      <div class="surface-plot" ref={root} style={{ height: `${HEIGHT_PX}px` }}>
        {width > 0 && data && (
          <PlotFrame
            {...{ width, area, x, y }}
            height={HEIGHT_PX}
            xName="step"
            yName={metric}
            grid
            label={labelOf(metric, curves)}
          >
            {curves.map((curve) => (
              <path
                key={curve.run.info.run_id}
                d={pathOf(curve, px, py)}
                fill="none"
                stroke={colourOf(curve.run)}
                stroke-width="2"
              />
            ))}
          </PlotFrame>
        )}
      </div>
      <ul class="row wrap" aria-label={`Runs with ${metric}`}>
        {runs.map((run) => (
          <li key={run.info.run_id} class="row">
            <span aria-hidden="true" style={{ color: colourOf(run) }}>
              ●
            </span>
            {run.info.run_name}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A line through the points; a single one is a dot, and NaN is a gap. */
function pathOf({ steps, values }: Curve, px: (step: number) => number, py: (value: number) => number): string {
  const every = Math.ceil(steps.length / MAX_POINTS);
  let pen = "M";
  let path = "";
  for (let index = 0; index < steps.length; index += every) {
    const value = values[index] as number;
    if (Number.isFinite(value)) {
      path += `${pen}${px(steps[index] as number).toFixed(1)} ${py(value).toFixed(1)}${steps.length === 1 ? "h3" : ""}`;
      pen = "L";
    } else pen = "M";
  }
  return path;
}

const labelOf = (metric: string, curves: readonly Curve[]): string =>
  `${metric} by step of ${curves.map(({ run, values }) => `${run.info.run_name}, last ${values.at(-1) ?? "none"}`).join("; ")}`;
