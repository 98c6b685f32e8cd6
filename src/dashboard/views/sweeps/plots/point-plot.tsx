/** A plot of one point for each trial: over its number with the best so far as a line, or over any parameter. */
import { useMemo } from "preact/hooks";
import { useWidth } from "../../../plots/size.ts";
import type { TrialColours } from "../trial-colours.ts";
import { placeIn, TrialFrame, trialArea, verticalTicks } from "../trial-frame.tsx";
import type { Tick, TrialAxis } from "./axes.ts";
import type { Ink } from "./ink.ts";
import { InkCanvas, type InkLayer } from "./ink-canvas.tsx";
import type { Painter } from "./painter.ts";

export interface PointPlotProps {
  readonly name: string;
  readonly label: string;
  readonly x: {
    readonly name: string;
    readonly ticks: (count: number) => readonly Tick[];
    readonly shareOf: (number: number) => number;
  };
  readonly y: TrialAxis;
  /** Trials that match, and all that have a result. */
  readonly matched: Uint32Array;
  readonly known: Uint32Array;
  readonly goodness: Float32Array;
  readonly colours: TrialColours;
  /** A line over the points, as shares of both axes. */
  readonly line?: readonly (readonly [number, number])[];
  readonly chosen: readonly number[];
  readonly best: number | null;
  readonly wanted: unknown;
  readonly painter: Painter;
  onPick(number: number): void;
}

const HEIGHT_PX = 300;
/** How near a click must be. */
const REACH_PX = 14;

export function PointPlot(props: PointPlotProps) {
  const { name, label, x, y, matched, known, goodness, colours, line, chosen, best, wanted, painter } = props;
  const [root, width] = useWidth<HTMLDivElement>();
  const area = trialArea(width, HEIGHT_PX, y);
  const layers = useMemo(() => {
    const isFiltered = matched.length < known.length;
    const radius = matched.length > 3000 ? 1.3 : matched.length > 400 ? 1.8 : 2.6;
    const layer = (numbers: Uint32Array, part: Pick<InkLayer, "colours" | "single">): InkLayer => ({
      ...part,
      count: numbers.length,
      draw: (ink: Ink, index, ratio) => {
        const number = numbers[index] as number;
        const [px, py] = placeIn(area, x.shareOf(number), y.shareOf(y.values[number] as number));
        if (!Number.isFinite(px + py) || py < area.top - 1 || py > area.top + area.height + 1) return;
        ink.dot(px * ratio, py * ratio, radius * ratio, goodness[number] as number);
      },
    });
    return [
      ...(isFiltered ? [layer(known, { colours: colours.faint, single: 0.35 })] : []),
      layer(matched, { colours: colours.shades, single: matched.length > 3000 ? 0.5 : 0.75 }),
    ];
  }, [matched, known, goodness, colours, x, y, width]);
  const pick = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [atX, atY] = [event.clientX - box.left, event.clientY - box.top];
    let [nearest, distance] = [-1, REACH_PX];
    for (const number of matched) {
      const [px, py] = placeIn(area, x.shareOf(number), y.shareOf(y.values[number] as number));
      const away = Math.hypot(px - atX, py - atY);
      if (away < distance) [nearest, distance] = [number, away];
    }
    if (nearest >= 0) props.onPick(nearest);
  };
  const marked = [...chosen, ...(best === null || chosen.includes(best) ? [] : [best])];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: The table below chooses the same trials by keys.
    // biome-ignore lint/a11y/noStaticElementInteractions: As above.
    <div class="trial-plot" ref={root} style={{ height: `${HEIGHT_PX}px` }} onClick={pick}>
      {width > 0 && (
        <>
          <InkCanvas width={width} height={HEIGHT_PX} layers={layers} wanted={wanted} painter={painter} name={name} />
          <TrialFrame
            width={width}
            height={HEIGHT_PX}
            area={area}
            x={{ name: x.name, ticks: x.ticks(area.width / 80) }}
            y={{ name: y.label, ticks: verticalTicks(y, area) }}
            label={label}
          >
            {line && line.length > 0 && <path class="best-line" d={stepPath(line.map(([a, b]) => placeIn(area, a, b)))} />}
            {marked.map((number) => {
              const [px, py] = placeIn(area, x.shareOf(number), y.shareOf(y.values[number] as number));
              if (!Number.isFinite(px + py)) return null;
              const at = chosen.indexOf(number);
              return (
                <circle key={number} class="trial-mark" data-colour={at < 0 ? "best" : (at % 8) + 1} cx={px} cy={py} r={5} />
              );
            })}
          </TrialFrame>
        </>
      )}
    </div>
  );
}

/** A line of steps: each height holds until the next point. */
function stepPath(points: readonly (readonly [number, number])[]): string {
  return points
    .map(([x, y], index) => (index === 0 ? `M${x.toFixed(1)} ${y.toFixed(1)}` : `H${x.toFixed(1)}V${y.toFixed(1)}`))
    .join("");
}
