/** The controls of charts by epoch: scale, smoothing, zoom; and how many of the epochs are drawn. */
import { useState } from "preact/hooks";
import { formatCount } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { Check } from "../ui/field.tsx";
import type { Span } from "./curves.ts";
import { firstAtLeast } from "./point-table.ts";
import { SMOOTHING_SPANS } from "./smoothing.ts";

/** How the charts of one view are shown. */
export interface ChartView {
  readonly log: boolean;
  /** Span of the exponential mean in epochs; 0 is none. */
  readonly smoothing: number;
  /** The span that is shown; null: all epochs. */
  readonly zoom: Span | null;
}

export interface ChartViewControl {
  readonly view: ChartView;
  change(next: Partial<ChartView>): void;
}

/** Holds how the charts of one view are shown. */
export function useChartView(): ChartViewControl {
  const [view, setView] = useState<ChartView>({ log: false, smoothing: 0, zoom: null });
  return { view, change: (next) => setView((now) => ({ ...now, ...next })) };
}

/** Returns a span of at least two epochs within 1..last; null where that is all of them. */
export function clampSpan(span: Span | null, last: number): Span | null {
  if (!span) return null;
  const start = Math.max(1, Math.min(span.from, last - 1));
  const end = Math.min(Math.max(span.to, start + 1), last);
  return start <= 1 && end >= last ? null : { from: start, to: end };
}

export interface ChartToolsProps extends ChartViewControl {
  /** Epochs that are drawn, ascending. */
  readonly epochs: Float64Array;
  /** The newest epoch. */
  readonly last: number;
  /** What the points are numbered by. */
  readonly step?: string;
}

export function ChartTools({ view: { log, smoothing, zoom }, change, epochs, last, step = "epoch" }: ChartToolsProps) {
  const span = zoom ?? { from: 1, to: last };
  const setZoom = (next: Span | null) => change({ zoom: clampSpan(next, last) });
  const zoomBy = (factor: number) => {
    const middle = (span.from + span.to) / 2;
    const half = Math.max(((span.to - span.from) * factor) / 2, 1);
    setZoom({ from: Math.round(middle - half), to: Math.round(middle + half) });
  };
  return (
    <div class="chart-tools">
      <Check label="Log scale" checked={log} onChange={(next) => change({ log: next })} />
      <label class="row">
        <span>Smoothing</span>
        <select class="input" value={smoothing} onChange={(event) => change({ smoothing: Number(event.currentTarget.value) })}>
          {SMOOTHING_SPANS.filter((each) => each === 0 || each <= last).map((each) => (
            <option key={each} value={each}>
              {each === 0 ? "none" : `mean over ${formatCount(each)} ${step}s`}
            </option>
          ))}
        </select>
      </label>
      <span class="row">
        <Button small icon="plus" label="Zoom in" onClick={() => zoomBy(0.5)} />
        <Button small icon="minus" label="Zoom out" disabled={zoom === null} onClick={() => zoomBy(2)} />
        <Button small onClick={() => setZoom({ from: Math.floor(last * 0.9), to: last })}>
          Last 10 %
        </Button>
        <Button small disabled={zoom === null} onClick={() => setZoom(null)}>
          All
        </Button>
      </span>
      <Drawn epochs={epochs} span={span} last={last} step={step} />
    </div>
  );
}

interface DrawnProps {
  readonly epochs: Float64Array;
  readonly span: Span;
  readonly last: number;
  readonly step: string;
}

/** Says how many of the epochs in view are drawn: the reader must know when it is not all of them. */
function Drawn({ epochs, span, last, step }: DrawnProps) {
  const to = Math.min(span.to, last);
  const total = to - span.from + 1;
  const drawn = firstAtLeast(epochs, to + 1) - firstAtLeast(epochs, span.from);
  return (
    <span class="drawn" data-drawn={drawn} data-total={total}>
      {step[0]?.toUpperCase()}
      {step.slice(1)}s {formatCount(span.from)} to {formatCount(to)}:{" "}
      {drawn >= total
        ? "all are drawn"
        : `${formatCount(drawn)} of ${formatCount(total)} drawn (minima and maxima); zoom in for all`}
    </span>
  );
}
