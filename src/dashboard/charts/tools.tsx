/** What one can do to look at charts by epoch: scale, smoothing, stretch. And how much of it is drawn. */
import { useState } from "preact/hooks";
import { formatCount } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { Check } from "../ui/field.tsx";
import type { Span } from "./curves.ts";
import { firstAtLeast } from "./point-table.ts";
import { SMOOTHING_SPANS } from "./smoothing.ts";

/** How charts are looked at. */
export interface Look {
  readonly log: boolean;
  /** Span of the exponential mean in epochs; 0 is none. */
  readonly smoothing: number;
  /** The stretch that is looked at; null: all. */
  readonly zoom: Span | null;
}

export interface LookControl {
  readonly look: Look;
  change(next: Partial<Look>): void;
}

/** The way of looking of one view. */
export function useLook(): LookControl {
  const [look, setLook] = useState<Look>({ log: false, smoothing: 0, zoom: null });
  return { look, change: (next) => setLook((now) => ({ ...now, ...next })) };
}

/** A stretch of more than nothing within what there is; null where that is all of it. */
export function clampSpan(span: Span | null, last: number): Span | null {
  if (!span) return null;
  const start = Math.max(1, Math.min(span.from, last - 1));
  const end = Math.min(Math.max(span.to, start + 1), last);
  return start <= 1 && end >= last ? null : { from: start, to: end };
}

export interface ChartToolsProps extends LookControl {
  /** Epochs that are drawn, ascending. */
  readonly epochs: Float64Array;
  /** The newest epoch. */
  readonly last: number;
}

export function ChartTools({ look: { log, smoothing, zoom }, change, epochs, last }: ChartToolsProps) {
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
              {each === 0 ? "none" : `mean over ${formatCount(each)} epochs`}
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
      <Drawn epochs={epochs} span={span} last={last} />
    </div>
  );
}

/** How many of the epochs in view are drawn: the reader must know when it is not all of them. */
function Drawn({ epochs, span, last }: { readonly epochs: Float64Array; readonly span: Span; readonly last: number }) {
  const to = Math.min(span.to, last);
  const total = to - span.from + 1;
  const drawn = firstAtLeast(epochs, to + 1) - firstAtLeast(epochs, span.from);
  return (
    <span class="drawn" data-drawn={drawn} data-total={total}>
      Epochs {formatCount(span.from)} to {formatCount(to)}:{" "}
      {drawn >= total
        ? "every one is drawn"
        : `${formatCount(drawn)} of ${formatCount(total)} drawn, least and greatest of each stretch; zoom in for all`}
    </span>
  );
}
