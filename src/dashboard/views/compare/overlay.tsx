/** The curves of several jobs in shared charts: one for each series that any of them has. */
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { align } from "../../charts/align.ts";
import { LineChart } from "../../charts/chart.tsx";
import { ChartSkeletons } from "../../charts/chart-skeletons.tsx";
import type { Line } from "../../charts/plot.ts";
import { NO_POINTS, type PointTable } from "../../charts/point-table.ts";
import { ChartTools, clampSpan, useChartView } from "../../charts/tools.tsx";
import { CHART_PLANS, type ChartPlan, isSmooth, OF_THE_RUN, withoutConstant } from "../../jobs/chart-plans.ts";
import { colorAt } from "../../jobs/comparison-address.ts";
import { formatCell } from "../../plots/scale.ts";
import { Segments } from "../../ui/field.tsx";
import { Empty, Problem } from "../../ui/surfaces.tsx";
import { type Compared, useCurves } from "./follow-all.ts";
import { namesOf } from "./names.ts";

type Rows = "training" | "validation" | "both";

const ROWS: readonly { readonly value: Rows; readonly label: string }[] = [
  { value: "both", label: "Both" },
  { value: "training", label: "Training" },
  { value: "validation", label: "Validation" },
];

const LOSS_PX = 320;
const OTHER_PX = 200;

export interface OverlayProps {
  readonly ids: readonly string[];
  readonly jobs: readonly Compared[];
  /** The content below the charts: shown once their height is known, so that it does not move. */
  readonly children: ComponentChildren;
}

export function Overlay({ ids, jobs, children }: OverlayProps) {
  const { view, change } = useChartView();
  const { log, smoothing, zoom } = view;
  const [rows, setRows] = useState<Rows>("both");
  const { followed, version } = useCurves(ids, zoom);
  const curves = ids.map((id) => followed.get(id));
  const last = Math.max(0, ...curves.map((each) => each?.curves.last ?? 0));
  const named = namesOf(jobs.map(({ job }) => job));
  const names = jobs.map(({ id }, position) => named[position] ?? id);
  const { epochs, drawn, constant } = useMemo(
    () =>
      overlaid(
        curves.map((each) => each?.curves.view(zoom) ?? NO_POINTS),
        names,
        rows,
      ),
    [version, zoom, rows, names.join()],
  );
  const failed = curves.find((each) => each?.error);
  // Shown once all of it is known, so that nothing moves.
  const isKnown = curves.every((each) => each?.known || each?.error) && jobs.every(({ job, problem }) => job || problem);
  if (!isKnown) return <ChartSkeletons heights={[LOSS_PX, OTHER_PX, OTHER_PX]} />;
  if (last === 0) {
    return (
      <>
        {failed ? <Problem error={failed.error} retry={failed.retry} /> : <NoCurves />}
        {children}
      </>
    );
  }
  return (
    <>
      <div class="row wrap">
        <Segments label="Show the curves of" value={rows} options={ROWS} onChange={(value) => setRows(value)} />
        {rows === "both" && <span class="muted">Validation is dashed.</span>}
      </div>
      <ChartTools view={view} change={change} epochs={epochs} last={last} />
      <div class="chart-grid">
        {drawn.map(({ title, series, lines, spansPowers, ...formats }, index) => (
          <LineChart
            key={title}
            title={title}
            epochs={epochs}
            lines={lines}
            span={zoom ?? { from: 1, to: last }}
            onSpan={(next) => change({ zoom: clampSpan(next, last) })}
            log={log && spansPowers}
            smoothing={isSmooth(series) ? 0 : smoothing}
            syncKey="compare"
            height={index === 0 ? LOSS_PX : OTHER_PX}
            {...formats}
          />
        ))}
      </div>
      {constant.map(({ title, lines }) => (
        <p key={title} class="chart-note">
          {title} in every epoch:{" "}
          {lines.map(({ label, values }) => `${label} ${formatCell(values.find(Number.isFinite) ?? null)}`).join(", ")}
        </p>
      ))}
      {children}
    </>
  );
}

/** The charts of several tables on one axis: a line for each job, dashed for its validation rows. */
function overlaid(tables: readonly PointTable[], names: readonly string[], rows: Rows) {
  const { epochs, line } = align(tables);
  const lineOf = (position: number, column: string, dashed: boolean): readonly Line[] => {
    const aligned = line(position, column);
    if (!aligned) return [];
    const label = `${names[position] ?? ""}${dashed ? ", val." : ""}`;
    return [{ key: `${position} ${column}`, label, color: colorAt(position), dashed, ...aligned }];
  };
  const linesOf = ({ series }: ChartPlan): readonly Line[] =>
    tables.flatMap((_, position) => [
      ...(rows !== "validation" || OF_THE_RUN.has(series) ? lineOf(position, series, false) : []),
      ...(rows !== "training" ? lineOf(position, `val_${series}`, rows === "both") : []),
    ]);
  const charts = CHART_PLANS.map((plan) => ({ ...plan, lines: linesOf(plan) })).filter(({ lines }) => lines.length > 0);
  return { epochs, ...withoutConstant(charts) };
}

function NoCurves() {
  return (
    <div class="card">
      <Empty icon="clock" title="No epochs yet">
        Curves appear with the first epoch.
      </Empty>
    </div>
  );
}
