/** uPlot's options for lines by epoch: axes, scales, crosshair, marks. The only file that knows uPlot. */
import "./known-language.ts";
import uPlot from "uplot";
import { formatCompact, formatValue } from "../shell/format.ts";
import type { Span } from "./curves.ts";
import { robustRange } from "./robust-range.ts";

export interface Line {
  readonly key: string;
  readonly label: string;
  /** The custom property of its colour. */
  readonly color: string;
  readonly dashed?: boolean;
  /** One value an epoch, beside the chart's epochs; NaN and infinities are gaps. */
  readonly values: Float64Array;
  /** 1 if the line has no point at an epoch of another line: it is drawn across, and `values` has the value before. */
  readonly absent?: Uint8Array;
}

/** An event at an epoch. */
export interface Mark {
  readonly epoch: number;
  readonly label: string;
  /** The custom property of its colour. */
  readonly color: string;
}

export interface PlotOptions {
  readonly lines: readonly Pick<Line, "label" | "color" | "dashed">[];
  readonly log: boolean;
  /** Charts of the same key share their crosshair. */
  readonly syncKey: string;
  readonly format: (value: number) => string;
  /** Returns what to draw; called at each drawing. */
  readonly drawn: () => { readonly marks: readonly Mark[]; readonly smoothed: boolean };
  /** Called when a span is selected; null: all epochs. */
  readonly onSpan: (span: Span | null) => void;
  /** Called with the index of the point under the crosshair, or null. */
  readonly onCursor: (index: number | null) => void;
}

const AXIS_FONT = "11px ui-sans-serif, system-ui, sans-serif";
const Y_AXIS_PX = 58;
/** Room for half of the last label below the axis. */
const RIGHT_PX = 22;
const FAINT_ALPHA = "40";

/** Creates a chart in an element. Its data are [epochs, each line, each line smoothed]. */
export function createPlot(root: HTMLElement, height: number, options: PlotOptions): uPlot {
  const colors = getComputedStyle(root);
  const color = (property: string) => colors.getPropertyValue(property).trim();
  const { lines, log } = options;
  const axis = { stroke: color("--chart-axis"), font: AXIS_FONT, ticks: { show: false } };
  const grid = { stroke: color("--chart-grid"), width: 1 };
  const plot = new uPlot(
    {
      width: Math.max(root.clientWidth, 120),
      height,
      legend: { show: false },
      padding: [14, RIGHT_PX, 0, 0],
      scales: { x: { time: false }, y: log ? { distr: 3, range: logRange } : { range: rangeOf(lines.length) } },
      axes: [
        { ...axis, grid: { show: false }, size: 28, space: 70, values: (_, splits) => splits.map(formatEpoch) },
        {
          ...axis,
          grid,
          size: Y_AXIS_PX,
          space: 28,
          incrs: stepsFor,
          ...(log && { splits: powerSplits, filter: (_, splits) => splits }),
          values: (_, splits) => splits.map((value) => (value === null ? "" : options.format(value))),
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: () => color(line.color) + (options.drawn().smoothed ? FAINT_ALPHA : ""),
          width: 1.5,
          ...(line.dashed && { dash: [5, 3] }),
          points: { space: 14, size: 4 },
        })),
        ...lines.map((line) => ({
          label: `${line.label}, smoothed`,
          stroke: color(line.color),
          width: 2,
          ...(line.dashed && { dash: [5, 3] }),
          points: { show: false },
        })),
      ],
      cursor: {
        y: false,
        sync: { key: options.syncKey },
        drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: 7 },
        bind: {
          dblclick: () => () => {
            options.onSpan(null);
            return null;
          },
        },
      },
      hooks: {
        setSelect: [(self) => selectSpan(self, options.onSpan)],
        setCursor: [
          ({ cursor }) => options.onCursor(cursor.left !== undefined && cursor.left >= 0 ? (cursor.idx ?? null) : null),
        ],
        draw: [
          (self) => drawMarks(self, options.drawn().marks, color),
          (self) => drawOutside(self, (index) => color(lines[index]?.color ?? "--chart-1"), lines.length),
        ],
      },
    },
    [[], ...lines.flatMap(() => [[], []])] as unknown as uPlot.AlignedData,
    root,
  );
  return plot;
}

/** Sets a chart's points and the span that is shown; the y scale follows them. */
export function setPlotData(plot: uPlot, data: readonly ArrayLike<number | null | undefined>[], span: Span): void {
  plot.batch(() => {
    plot.setData(data as unknown as uPlot.AlignedData, false);
    plot.setScale("x", { min: span.from, max: Math.max(span.to, span.from + 1) });
  });
}

/** Puts the crosshair at an epoch, in every chart that shares it. */
export function moveCursor(plot: uPlot, epoch: number): void {
  const { plots } = uPlot.sync(plot.cursor.sync?.key ?? "");
  for (const each of plots.length > 0 ? plots : [plot]) each.setCursor({ left: each.valToPos(epoch, "x"), top: 10 });
}

/**
 * Values as uPlot wants them: null is a gap, undefined is drawn across. On a logarithmic scale values that are not positive are
 * gaps.
 */
export function gapped(values: Float64Array, log: boolean, absent?: Uint8Array): (number | null | undefined)[] {
  const drawn = new Array<number | null | undefined>(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (absent?.[index]) drawn[index] = undefined;
    else drawn[index] = Number.isFinite(value) && (!log || value > 0) ? value : null;
  }
  return drawn;
}

function selectSpan(plot: uPlot, onSpan: PlotOptions["onSpan"]): void {
  const { left, width } = plot.select;
  if (width <= 0) return;
  const from = Math.round(plot.posToVal(left, "x"));
  const to = Math.round(plot.posToVal(left + width, "x"));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (to > from) onSpan({ from: Math.max(1, from), to });
}

const formatEpoch = (epoch: number | null): string => {
  if (epoch === null || !Number.isInteger(epoch)) return "";
  return formatCompact(epoch);
};

/** The range of these lines' values in view, without a few that would flatten the others. */
function rangeOf(lines: number): uPlot.Range.Function {
  return (self, least, greatest) => {
    if (least === null || greatest === null) return [0, 1];
    const { min, max } = robustRange(inView(self, lines)) ?? { min: least, max: greatest };
    return withAir(min, max);
  };
}

/** The values of the measured lines within the span that is shown. */
function* inView({ data, series }: uPlot, lines: number): Generator<number | null | undefined> {
  const [from, to] = series[0]?.idxs ?? [0, (data[0]?.length ?? 0) - 1];
  for (let line = 1; line <= lines; line++) {
    const values = data[line] ?? [];
    for (let index = from; index <= to; index++) yield values[index];
  }
}

/** The values with a margin above and below; a flat line lies in the middle. */
function withAir(min: number, max: number): uPlot.Range.MinMax {
  const air = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.1 || 1;
  // The margin does not go below zero unless a value does.
  const bottom = min >= 0 && min - air < 0 ? 0 : min - air;
  return [bottom, max + air];
}

/** Possible steps between ticks, beyond what the range needs: a loss may be anything from 1e-30 to 1e38. */
function stepsFor(_: uPlot, _axis: number, min: number, max: number): number[] {
  const power = Math.floor(Math.log10(Math.max(max - min, Number.MIN_VALUE)));
  return [power - 3, power - 2, power - 1, power].flatMap((exponent) =>
    [1, 2, 2.5, 5].map((step) => Number(`${step}e${exponent}`)),
  );
}

/** Maximum ticks of a logarithmic scale. */
const POWER_TICKS = 7;

/** Ticks at powers of ten, or between them if there are few: a loss that diverges spans thirty of them. */
function powerSplits(_: uPlot, _axis: number, min: number, max: number): number[] {
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const stride = Math.ceil((to - from) / POWER_TICKS);
  const factors = to - from <= 1 ? [1, 1.5, 2, 3, 5, 7] : to - from <= 3 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: Math.floor((to - from) / stride) + 1 }, (_, index) => from + index * stride);
  return powers
    .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
    .filter((value) => value >= min && value <= max);
}

function logRange(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null || min <= 0) return [0.1, 1];
  const factor = Math.max((max / min) ** 0.05, 1.05);
  return [min / factor, max * factor];
}

/** Draws vertical lines with labels; a label that would overlap another is omitted. */
function drawMarks(plot: uPlot, marks: readonly Mark[], color: (property: string) => string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  let free = Number.NEGATIVE_INFINITY;
  ctx.save();
  ctx.font = `600 ${10.5 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const mark of [...marks].sort((a, b) => a.epoch - b.epoch)) {
    const x = Math.round(plot.valToPos(mark.epoch, "x", true));
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.strokeStyle = ctx.fillStyle = color(mark.color);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.label).width;
    const left = Math.min(Math.max(x - width / 2, bbox.left), bbox.left + bbox.width - width);
    if (left < free) continue;
    ctx.fillText(mark.label, left, bbox.top - 2 * ratio);
    free = left + width + 6 * ratio;
  }
  ctx.restore();
}

/** Half the width of the mark of a value outside, in px. */
const OUTSIDE_PX = 4;

/** Draws a triangle at the edge for each value beyond it, in the colour of its line. */
function drawOutside(
  { ctx, bbox, data, scales, series, valToPos }: uPlot,
  color: (line: number) => string,
  lines: number,
): void {
  const { min = null, max = null } = scales.y ?? {};
  if (min === null || max === null) return;
  const size = OUTSIDE_PX * devicePixelRatio;
  const [from, to] = series[0]?.idxs ?? [0, -1];
  const epochs = data[0];
  ctx.save();
  for (let line = 1; line <= lines; line++) {
    const values = data[line] ?? [];
    ctx.fillStyle = color(line - 1);
    for (let index = from; index <= to; index++) {
      const value = values[index];
      if (value === null || value === undefined || (value <= max && value >= min)) continue;
      const x = valToPos(epochs[index] as number, "x", true);
      const [edge, inward] = value > max ? [bbox.top, size] : [bbox.top + bbox.height, -size];
      ctx.beginPath();
      ctx.moveTo(x - size, edge + inward * 1.6);
      ctx.lineTo(x + size, edge + inward * 1.6);
      ctx.lineTo(x, edge);
      ctx.fill();
    }
  }
  ctx.restore();
}

/** How values are written along the axis: short. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 10_000 && size < 1e12) return sign + formatCompact(size);
  if (size >= 1e12 || (size > 0 && size < 1e-3))
    return sign + size.toExponential(1).replace(".0", "").replace("e+", "e").replace("e-", "e−");
  return sign + String(Number(size.toPrecision(4)));
}

/** How a value is written in the legend. */
export const formatPoint = (value: number | null | undefined): string => formatValue(value);
