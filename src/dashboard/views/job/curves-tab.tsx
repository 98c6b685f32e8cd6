/** The curves of a job, live: the loss, the metrics, then what was measured of the run itself. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { searchOf, stepName } from "../../../client/search.ts";
import { LineChart } from "../../charts/chart.tsx";
import { ChartSkeletons } from "../../charts/chart-skeletons.tsx";
import type { Mark } from "../../charts/plot.ts";
import { NO_POINTS } from "../../charts/point-table.ts";
import { ChartTools, clampSpan, useChartView } from "../../charts/tools.tsx";
import { CHART_PLANS, chartsOf, isSmooth, needsLog, SEARCH_PLANS, withoutConstant } from "../../jobs/chart-plans.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { useFollowed } from "../../jobs/use-followed.ts";
import { formatCell } from "../../plots/scale.ts";
import { Empty, Problem } from "../../ui/surfaces.tsx";
import { marksOf } from "./marks.ts";

const LOSS_PX = 300;
const OTHER_PX = 190;

export function CurvesTab({ job }: { readonly job: Job }) {
  const { view, change } = useChartView();
  const { log, smoothing, zoom } = view;
  const { followed, version } = useFollowed(job.id);
  useEffect(() => followed?.focus(zoom), [followed, zoom]);

  const last = followed?.curves.last ?? 0;
  const points = useMemo(() => followed?.curves.view(zoom) ?? NO_POINTS, [followed, version, zoom]);
  const isSearch = searchOf(job.spec) !== null;
  const { drawn, constant } = useMemo(
    () =>
      withoutConstant(
        chartsOf(points, isSearch ? SEARCH_PLANS : CHART_PLANS).map((chart) => ({ ...chart, own: needsLog(chart) })),
      ),
    [points, isSearch],
  );
  const marks = useSteady(marksOf(job));

  if (followed?.error && last === 0) return <Problem error={followed.error} retry={followed.retry} />;
  if (!followed?.known && last === 0) return <ChartSkeletons heights={[LOSS_PX, OTHER_PX, OTHER_PX]} />;
  if (last === 0) return <NoEpochs over={isOver(job)} step={stepName(job.spec)} />;
  return (
    <>
      <ChartTools view={view} change={change} epochs={points.epochs} last={last} step={stepName(job.spec)} />
      {followed?.error ? <Problem error={followed.error} retry={followed.retry} /> : null}
      <div class="chart-grid">
        {drawn.map(({ title, series, lines, spansPowers, own, ...formats }, index) => (
          <LineChart
            key={title}
            title={title}
            epochs={points.epochs}
            lines={lines}
            marks={marks}
            span={zoom ?? { from: 1, to: last }}
            onSpan={(next) => change({ zoom: clampSpan(next, last) })}
            log={own || (log && spansPowers)}
            smoothing={isSmooth(series) ? 0 : smoothing}
            syncKey={job.id}
            step={stepName(job.spec)}
            height={index === 0 ? LOSS_PX : OTHER_PX}
            {...formats}
          />
        ))}
      </div>
      {constant.map(({ title, lines: [line] }) => (
        <p key={title} class="chart-note">
          {title}: {formatCell(line?.values[0] ?? null)} in every {stepName(job.spec)}
        </p>
      ))}
      {!points.columns.grad_norm && !isSearch && (
        <p class="chart-note">
          The gradient norm is measured only where the spec clips it:{" "}
          <code>{'"clip_grad": {"type": "norm", "max_norm": 1}'}</code>
        </p>
      )}
    </>
  );
}

/** The same array for as long as the marks are the same: each change of a job makes new ones. */
function useSteady(marks: readonly Mark[]): readonly Mark[] {
  const kept = useRef(marks);
  if (JSON.stringify(kept.current) !== JSON.stringify(marks)) kept.current = marks;
  return kept.current;
}

function NoEpochs({ over, step }: { readonly over: boolean; readonly step: string }) {
  return (
    <div class="card">
      <Empty icon="clock" title={over ? `The job ended before its first ${step}` : `No ${step}s yet`}>
        {over ? "There is nothing to draw." : `Curves appear with the first ${step}.`}
      </Empty>
    </div>
  );
}
