/**
 * A chart of lines by epoch: its canvas is redrawn when its points change, not rebuilt; a legend has the values under the
 * crosshair; keys do what the mouse does.
 */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { useApp } from "../shell/app-context.ts";
import { formatCount } from "../shell/format.ts";
import { useStore } from "../shell/store.ts";
import type { Span } from "./curves.ts";
import { Legend } from "./legend.tsx";
import { createPlot, formatPoint, formatTick, gapped, type Line, type Mark, moveCursor, setPlotData } from "./plot.ts";
import { firstAtLeast } from "./point-table.ts";
import { robustRange } from "./robust-range.ts";
import { smooth } from "./smoothing.ts";

export interface LineChartProps {
  readonly title: string;
  /** Epochs of the points, ascending. Points are redrawn when this is another array. */
  readonly epochs: Float64Array;
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  /** The visible epochs. */
  readonly span: Span;
  /** Called when the reader selects another span; null: all epochs. */
  readonly onSpan: (span: Span | null) => void;
  readonly log?: boolean;
  /** Span of the exponential mean in epochs; 0: no smoothing. */
  readonly smoothing?: number;
  /** Charts of the same key share their crosshair. */
  readonly syncKey: string;
  readonly format?: (value: number | null | undefined) => string;
  /** How values are written along the axis. */
  readonly tick?: (value: number) => string;
  /** In px. */
  readonly height?: number;
  /** What the points are numbered by. */
  readonly step?: string;
}

const NO_MARKS: readonly Mark[] = [];

export function LineChart(props: LineChartProps) {
  const {
    title,
    lines,
    log = false,
    smoothing = 0,
    height = 220,
    format = formatPoint,
    tick = formatTick,
    step = "epoch",
  } = props;
  const { theme } = useApp();
  const shownTheme = useStore(theme.shown);
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const cursor = useRef<((index: number | null) => void) | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const visible = useRef(true);
  const stale = useRef(true);
  const shape = lines.map(({ key, color }) => `${key} ${color}`).join();

  const fill = () => {
    const { current } = latest;
    if (!plot.current) return;
    if (!visible.current) {
      stale.current = true;
      return;
    }
    stale.current = false;
    setPlotData(plot.current, dataOf(current), current.span);
  };

  // Built once, and rebuilt for another scale, another theme or other lines.
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const own = createPlot(element, height, {
      lines,
      log,
      syncKey: props.syncKey,
      format: tick,
      drawn: () => ({ marks: latest.current.marks ?? NO_MARKS, smoothed: (latest.current.smoothing ?? 0) > 0 }),
      onSpan: (span) => latest.current.onSpan(span),
      onCursor: (index) => cursor.current?.(index),
    });
    plot.current = own;
    fill();
    const resize = new ResizeObserver(() => own.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    const sight = new IntersectionObserver(([entry]) => {
      visible.current = entry?.isIntersecting ?? true;
      if (visible.current && stale.current) fill();
    });
    sight.observe(element);
    return () => {
      resize.disconnect();
      sight.disconnect();
      own.destroy();
      plot.current = null;
    };
  }, [log, shownTheme, shape, height]);

  useEffect(fill, [props.epochs, props.span.from, props.span.to, smoothing, props.marks]);

  const summary = useMemo(
    () => summaryOf(title, lines, props.epochs, format, step),
    [title, lines, props.epochs, format, step],
  );
  const { from, to } = props.span;
  const outside = useMemo(() => (log ? null : outsideText(props, format)), [log, props.epochs, lines, from, to, format]);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {log && <span class="chart-tag">log scale</span>}
        {outside && <span class="chart-tag">{outside}</span>}
        {smoothing > 0 && (
          <span class="chart-tag">
            mean over {formatCount(smoothing)} {step}s
          </span>
        )}
        <Legend lines={lines} epochs={props.epochs} format={format} cursor={cursor} step={step} />
      </figcaption>
      <div
        class="plot"
        ref={root}
        role="application"
        aria-roledescription="chart"
        aria-label={summary}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: The role is interactive: keys move its crosshair and its stretch.
        tabIndex={0}
        style={{ height: `${height}px` }}
        onKeyDown={(event) => plot.current && onKey(event, plot.current, latest.current)}
      />
    </figure>
  );
}

/** [epochs, each line, each line smoothed]; the smoothed ones are empty without smoothing. */
function dataOf({ epochs, lines, log = false, smoothing = 0 }: LineChartProps): ArrayLike<number | null | undefined>[] {
  const measured = lines.map(({ values, absent }) => gapped(values, log, absent));
  const smoothed = lines.map(({ values, absent }, index) =>
    smoothing > 0 ? gapped(smooth(epochs, values, smoothing, absent), log, absent) : (measured[index] ?? []).map(() => null),
  );
  return [epochs, ...measured, ...smoothed];
}

/** The arrow keys move the crosshair, with Shift the span; + and - zoom, 0 shows all. */
function onKey(event: KeyboardEvent, plot: uPlot, { span, onSpan, epochs }: LineChartProps): void {
  const length = span.to - span.from;
  const last = epochs.at(-1) ?? 1;
  const shift = (by: number) => {
    const from = Math.max(1, Math.min(Math.round(span.from + by), last - length));
    onSpan({ from, to: from + length });
  };
  const resize = (factor: number) => {
    const middle = (span.from + span.to) / 2;
    const half = Math.max((length * factor) / 2, 1);
    onSpan({ from: Math.max(1, Math.round(middle - half)), to: Math.min(last, Math.round(middle + half)) });
  };
  const step = (by: number) => {
    const at = (plot.cursor.idx ?? (by > 0 ? -1 : epochs.length)) + by;
    const epoch = epochs[Math.max(0, Math.min(epochs.length - 1, at))];
    if (epoch !== undefined) moveCursor(plot, epoch);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => (event.shiftKey ? shift(-length / 4) : step(-1)),
    ArrowRight: () => (event.shiftKey ? shift(length / 4) : step(1)),
    "+": () => resize(0.5),
    "-": () => resize(2),
    "0": () => onSpan(null),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

/** The values outside of the drawn range: "3 above, up to 8e32"; null if there are none. */
function outsideText({ lines, epochs, span }: LineChartProps, format: (value: number) => string): string | null {
  const [start, end] = [firstAtLeast(epochs, span.from), firstAtLeast(epochs, span.to + 1)];
  const range = robustRange(lines.flatMap(({ values }) => Array.from(values.subarray(start, end))));
  if (!range) return null;
  const texts = [
    range.above > 0 && `${formatCount(range.above)} above, up to ${format(range.highest)}`,
    range.below > 0 && `${formatCount(range.below)} below, down to ${format(range.lowest)}`,
  ];
  return texts.filter(Boolean).join("; ") || null;
}

/** What the chart shows, for screen readers. */
function summaryOf(
  title: string,
  lines: readonly Line[],
  epochs: Float64Array,
  format: (value: number) => string,
  step: string,
): string {
  if (epochs.length === 0) return `${title}: no ${step}s yet`;
  const values = lines.map(({ label, values }) => `${label} ${format(values.at(-1) as number)}`).join(", ");
  return `${title} by ${step}, ${epochs[0]} to ${epochs.at(-1)}. Last: ${values}. Arrow keys read single ${step}s in the legend.`;
}
