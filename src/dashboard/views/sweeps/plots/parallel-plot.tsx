/** Parallel coordinates: an axis for each parameter and the objective, a line for each trial. Brushing an axis filters the page. */
import { useMemo } from "preact/hooks";
import { useWidth } from "../../../plots/size.ts";
import type { Brush, Brushes } from "../brushes.ts";
import type { TrialColours } from "../trial-colours.ts";
import { cut } from "../trial-frame.tsx";
import type { TrialAxis } from "./axes.ts";
import { AxisBrush } from "./axis-brush.tsx";
import type { Ink } from "./ink.ts";
import { InkCanvas, type InkLayer } from "./ink-canvas.tsx";
import type { Painter } from "./painter.ts";

export interface ParallelPlotProps {
  /** The objective last. */
  readonly axes: readonly TrialAxis[];
  readonly matched: Uint32Array;
  readonly known: Uint32Array;
  readonly goodness: Float32Array;
  readonly colours: TrialColours;
  readonly brushes: Brushes;
  onBrush(key: string, brush: Brush | null): void;
  readonly chosen: readonly number[];
  readonly best: number | null;
  readonly wanted: unknown;
  readonly painter: Painter;
}

const HEIGHT_PX = 330;
const TOP_PX = 34;
const BOTTOM_PX = 14;
/** Narrower gaps scroll sideways. */
const MIN_GAP_PX = 92;
/** Room at both ends, for labels. */
const SIDE_PX = 64;
/** How far labels are from their axis: beside its handles. */
const LABEL_PX = 12;
/** Maximum drawn lines; with more trials, every n-th. */
export const MAX_LINES = 5000;

export function ParallelPlot({
  axes,
  matched,
  known,
  goodness,
  colours,
  brushes,
  onBrush,
  chosen,
  best,
  wanted,
  painter,
}: ParallelPlotProps) {
  const [root, room] = useWidth<HTMLDivElement>();
  const width = Math.max(room, 2 * SIDE_PX + (axes.length - 1) * MIN_GAP_PX);
  const gap = axes.length > 1 ? (width - 2 * SIDE_PX) / (axes.length - 1) : 0;
  const xOf = (position: number) => (axes.length === 1 ? width / 2 : SIDE_PX + position * gap);
  const height = HEIGHT_PX - TOP_PX - BOTTOM_PX;
  const yOf = (share: number) => TOP_PX + (1 - share) * height;
  const drawn = useMemo(() => thinned(matched, MAX_LINES), [matched]);
  const behind = useMemo(() => (matched.length < known.length ? thinned(known, MAX_LINES / 4) : null), [matched, known]);
  const layers = useMemo(() => {
    const layer = (numbers: Uint32Array, part: Pick<InkLayer, "colours" | "single">): InkLayer => ({
      ...part,
      count: numbers.length,
      draw: (ink: Ink, index, ratio) => {
        const number = numbers[index] as number;
        eachPiece(axes, number, (position, from, to) =>
          ink.line(
            xOf(position) * ratio,
            yOf(from) * ratio,
            xOf(position + 1) * ratio,
            yOf(to) * ratio,
            goodness[number] as number,
          ),
        );
      },
    });
    const single = Math.min(0.85, Math.max(0.04, 60 / Math.max(1, drawn.length)));
    return [
      ...(behind ? [layer(behind, { colours: colours.faint, single: Math.min(0.4, Math.max(0.03, 24 / behind.length)) })] : []),
      layer(drawn, { colours: colours.shades, single }),
    ];
  }, [axes, drawn, behind, goodness, colours, width]);
  const marked = [...(best === null || chosen.includes(best) ? [] : [best]), ...chosen];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keys.
    <section class="parallel" ref={root} aria-label="Parallel coordinates: axes to filter by" tabIndex={0}>
      <div class="parallel-sheet" style={{ width: `${width}px`, height: `${HEIGHT_PX}px` }}>
        {room > 0 && (
          <>
            <InkCanvas width={width} height={HEIGHT_PX} layers={layers} wanted={wanted} painter={painter} name="parallel" />
            <svg class="plot-frame" width={width} height={HEIGHT_PX} role="img" aria-label={summaryOf(axes, matched, known)}>
              {marked.map((number) => (
                <path
                  key={number}
                  class="trial-line"
                  data-colour={chosen.includes(number) ? (chosen.indexOf(number) % 8) + 1 : "best"}
                  d={pathOf(axes, number, xOf, yOf)}
                />
              ))}
              {axes.map((axis, position) => (
                <AxisTicks key={axis.key} axis={axis} x={xOf(position)} yOf={yOf} last={position === axes.length - 1} />
              ))}
            </svg>
            {axes.map((axis, position) => (
              <AxisBrush
                key={axis.key}
                axis={axis}
                brush={brushes[axis.key]}
                left={xOf(position)}
                top={TOP_PX}
                height={height}
                room={Math.min(Math.max(MIN_GAP_PX, gap), 2 * SIDE_PX) - 6}
                onBrush={(brush) => onBrush(axis.key, brush)}
              />
            ))}
          </>
        )}
      </div>
    </section>
  );
}

interface AxisTicksProps {
  readonly axis: TrialAxis;
  readonly x: number;
  readonly yOf: (share: number) => number;
  readonly last: boolean;
}

function AxisTicks({ axis, x, yOf, last }: AxisTicksProps) {
  return (
    <>
      <path class="parallel-axis" d={`M${x} ${yOf(0)}V${yOf(1)}`} />
      <g class="plot-ticks parallel-ticks">
        {axis.ticks(6).map(({ share, label }) => (
          <text key={share} x={last ? x + LABEL_PX : x - LABEL_PX} y={yOf(share) + 3.5} text-anchor={last ? "start" : "end"}>
            {cut(label, 8)}
          </text>
        ))}
      </g>
    </>
  );
}

/** Called with each piece of a trial's line, from one axis with a value to the next. */
function eachPiece(
  axes: readonly TrialAxis[],
  number: number,
  draw: (position: number, from: number, to: number) => void,
): void {
  let before = Number.NaN;
  for (const [position, axis] of axes.entries()) {
    const share = axis.shareOf(axis.values[number] as number);
    const here = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : Number.NaN;
    if (!Number.isNaN(before) && !Number.isNaN(here)) draw(position - 1, before, here);
    before = here;
  }
}

function pathOf(
  axes: readonly TrialAxis[],
  number: number,
  xOf: (position: number) => number,
  yOf: (share: number) => number,
): string {
  const pieces: string[] = [];
  eachPiece(axes, number, (position, from, to) =>
    pieces.push(`M${xOf(position).toFixed(1)} ${yOf(from).toFixed(1)}L${xOf(position + 1).toFixed(1)} ${yOf(to).toFixed(1)}`),
  );
  return pieces.join("");
}

/** At most `most` of these, evenly, in an order in which the first ones are spread over all, because they may be shown first. */
function thinned(numbers: Uint32Array, most: number): Uint32Array {
  const count = Math.min(numbers.length, most);
  const stride = numbers.length / count;
  const step = STRIDES.find((each) => count % each !== 0) ?? 1;
  return Uint32Array.from({ length: count }, (_, index) => numbers[Math.floor(((index * step) % count) * stride)] as number);
}

/** Primes, about a golden section of what is drawn. */
const STRIDES = [6151, 12_289];

function summaryOf(axes: readonly TrialAxis[], matched: Uint32Array, known: Uint32Array): string {
  return `${matched.length} of ${known.length} trials as lines over ${axes.map(({ name }) => name).join(", ")}.`;
}
