/** The curves of a job, live, with what one can do to look at them: scale, smoothing, stretch. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Job } from "../../client/answers.ts";
import { LineChart } from "../chart/chart.tsx";
import type { Span } from "../chart/curves.ts";
import type { Mark } from "../chart/plot.ts";
import { firstAtLeast, NO_POINTS, type PointTable } from "../chart/point-table.ts";
import { SMOOTHING_SPANS } from "../chart/smoothing.ts";
import { isOver } from "../jobs/reading.ts";
import { useApp } from "../shell/app-context.ts";
import { formatCount } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { Check } from "../ui/field.tsx";
import { Empty, Problem, Skeleton } from "../ui/surfaces.tsx";
import { chartsOf } from "./charts.ts";
import { type FollowedCurves, followCurves } from "./follow-curves.ts";
import { marksOf } from "./marks.ts";

const LOSS_PX = 300;
const OTHER_PX = 190;

export function CurvesTab({ job }: { readonly job: Job }) {
  const [log, setLog] = useState(false);
  const [smoothing, setSmoothing] = useState(0);
  const [zoom, setZoom] = useState<Span | null>(null);
  const { followed, version } = useFollowed(job.id);
  useEffect(() => followed?.look(zoom), [followed, zoom]);

  const last = followed?.curves.last ?? 0;
  const points = useMemo(() => followed?.curves.view(zoom) ?? NO_POINTS, [followed, version, zoom]);
  const charts = useMemo(() => chartsOf(points), [points]);
  const marks = useSteady(marksOf(job));
  const span = zoom ?? { from: 1, to: Math.max(last, 1) };

  if (followed?.error && last === 0) return <Problem error={followed.error} retry={followed.retry} />;
  if (!followed?.known && last === 0) return <ChartSkeletons />;
  if (last === 0) return <NoEpochs over={isOver(job)} />;
  return (
    <>
      <Tools {...{ log, setLog, smoothing, setSmoothing, zoom, setZoom, points, last, span }} />
      {followed?.error ? <Problem error={followed.error} retry={followed.retry} /> : null}
      <div class="chart-grid">
        {charts.map(({ title, lines, spansPowers, format }, index) => (
          <LineChart
            key={title}
            title={title}
            epochs={points.epochs}
            lines={lines}
            marks={marks}
            span={span}
            onSpan={(next) => setZoom(next && clamp(next, last))}
            log={log && spansPowers}
            smoothing={title === "Learning rate" ? 0 : smoothing}
            syncKey={job.id}
            format={format}
            height={index === 0 ? LOSS_PX : OTHER_PX}
          />
        ))}
      </div>
    </>
  );
}

/** Follows a job's curves while they are shown; `version` grows with every change. */
function useFollowed(id: string): { readonly followed: FollowedCurves | null; readonly version: number } {
  const { api, live } = useApp();
  const [followed, setFollowed] = useState<FollowedCurves | null>(null);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const own = followCurves({ api, live, id, onChange: () => setVersion((count) => count + 1) });
    setFollowed(own);
    return () => own.stop();
  }, [api, live, id]);
  return { followed, version };
}

/** The same marks as long as they say the same: a job's answer comes anew with each of its changes. */
function useSteady(marks: readonly Mark[]): readonly Mark[] {
  const kept = useRef(marks);
  if (JSON.stringify(kept.current) !== JSON.stringify(marks)) kept.current = marks;
  return kept.current;
}

/** A stretch of more than nothing within what there is; null where that is all of it. */
function clamp({ from, to }: Span, last: number): Span | null {
  const start = Math.max(1, Math.min(from, last - 1));
  const end = Math.min(Math.max(to, start + 1), last);
  return start <= 1 && end >= last ? null : { from: start, to: end };
}

interface ToolsProps {
  readonly log: boolean;
  setLog(log: boolean): void;
  readonly smoothing: number;
  setSmoothing(span: number): void;
  readonly zoom: Span | null;
  setZoom(zoom: Span | null): void;
  readonly points: PointTable;
  readonly last: number;
  readonly span: Span;
}

function Tools({ log, setLog, smoothing, setSmoothing, zoom, setZoom, points, last, span }: ToolsProps) {
  const length = span.to - span.from;
  const zoomBy = (factor: number) => {
    const middle = (span.from + span.to) / 2;
    const half = Math.max((length * factor) / 2, 1);
    setZoom(clamp({ from: Math.round(middle - half), to: Math.round(middle + half) }, last));
  };
  const showEnd = () => setZoom(clamp({ from: Math.floor(last * 0.9), to: last }, last));
  return (
    <div class="chart-tools">
      <Check label="Log scale" checked={log} onChange={setLog} />
      <label class="row">
        <span>Smoothing</span>
        <select class="input" value={smoothing} onChange={(event) => setSmoothing(Number(event.currentTarget.value))}>
          {SMOOTHING_SPANS.filter((each) => each === 0 || each <= last).map((each) => (
            <option key={each} value={each}>
              {each === 0 ? "none" : `mean over ${formatCount(each)} epochs`}
            </option>
          ))}
        </select>
      </label>
      <span class="row">
        <Button small icon="plus" label="Zoom in" onClick={() => zoomBy(0.5)} />
        <Button small icon="minus" label="Zoom out" disabled={zoom === null} onClick={() => zoomBy(2)} />
        <Button small onClick={showEnd}>
          Last 10 %
        </Button>
        <Button small disabled={zoom === null} onClick={() => setZoom(null)}>
          All
        </Button>
      </span>
      <Drawn points={points} span={span} last={last} />
    </div>
  );
}

/** How many of the epochs in view are drawn: the reader must know when it is not all of them. */
function Drawn({ points: { epochs }, span, last }: Pick<ToolsProps, "points" | "span" | "last">) {
  const to = Math.min(span.to, last);
  const total = to - span.from + 1;
  const drawn = firstAtLeast(epochs, to + 1) - firstAtLeast(epochs, span.from);
  return (
    <span class="drawn">
      Epochs {formatCount(span.from)} to {formatCount(to)}:{" "}
      {drawn >= total
        ? "every one is drawn"
        : `${formatCount(drawn)} of ${formatCount(total)} drawn, least and greatest of each stretch; zoom in for all`}
    </span>
  );
}

function ChartSkeletons() {
  return (
    <div class="chart-grid" aria-busy="true">
      {[LOSS_PX, OTHER_PX, OTHER_PX].map((height, index) => (
        <figure class="chart" key={index}>
          <figcaption>
            <Skeleton width="80px" height="14px" />
          </figcaption>
          <div class="plot" style={{ height: `${height}px` }} />
        </figure>
      ))}
    </div>
  );
}

function NoEpochs({ over }: { readonly over: boolean }) {
  return (
    <div class="card">
      <Empty icon="clock" title={over ? "It ended before its first epoch" : "No epochs yet"}>
        {over ? "There is nothing to draw." : "Curves appear with the first one, by themselves."}
      </Empty>
    </div>
  );
}
