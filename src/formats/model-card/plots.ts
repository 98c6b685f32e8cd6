/** Plots as SVG: pure functions of numbers, without scripts or fonts. Colours are classes of style.ts. */
import { type Markup, markup } from "./markup.ts";
import { short, value } from "./numbers.ts";

const WIDTH = 640;
const HEIGHT = 280;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 40;

/**
 * A round number of steps over a range: at about `wanted` places, by 1, 2 or 5 times a power of ten.
 *
 * @internal Exported for its test.
 */
export function ticksOf(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const start = Math.ceil(low / step - 1e-9);
  const steps = Math.floor(high / step + 1e-9) - start;
  return Array.from({ length: Math.max(0, steps) + 1 }, (_, index) => Number(((start + index) * step).toPrecision(12)));
}

/** From the least to the greatest finite number, widened if they are equal. */
function extent(numbers: readonly number[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    if (!Number.isFinite(number)) continue;
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  if (low > high) return [0, 1];
  if (low < high) return [low, high];
  const room = Math.abs(low) / 2 || 1;
  return [low - room, high + room];
}

/** Coordinates to a tenth of a unit. */
const at = (number: number): string => String(Math.round(number * 10) / 10);

interface Frame {
  readonly x: (number: number) => number;
  readonly y: (number: number) => number;
  readonly axes: Markup;
}

function frameOf(x: readonly [number, number], y: readonly [number, number], xLabel: string, yLabel: string): Frame {
  const across = (number: number) => LEFT + ((number - x[0]) / (x[1] - x[0])) * (WIDTH - LEFT - RIGHT);
  const up = (number: number) => HEIGHT - BOTTOM - ((number - y[0]) / (y[1] - y[0])) * (HEIGHT - TOP - BOTTOM);
  const rows = ticksOf(...y, 5).map(
    (tick) => markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(up(tick))}" y2="${at(up(tick))}"/>
<text class="tick" x="${LEFT - 8}" y="${at(up(tick) + 4)}" text-anchor="end">${value(tick)}</text>`,
  );
  const columns = ticksOf(...x, 6).map(
    (tick) =>
      markup`<text class="tick" x="${at(across(tick))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${value(tick)}</text>`,
  );
  return {
    x: across,
    y: up,
    axes: markup`${rows}${columns}<text class="axis" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${xLabel}</text>
<text class="axis" x="14" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})">${yLabel}</text>`,
  };
}

const picture = (label: string, height: number, content: Markup): Markup =>
  markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">${content}</svg>`;

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

/** Lines over common x values; a non-finite value leaves a gap. The second is dashed, so that they differ in print. */
export function linePlot(
  label: string,
  xs: readonly number[],
  lines: readonly Line[],
  axes: readonly [x: string, y: string],
): Markup {
  const { x, y, axes: drawn } = frameOf(extent(xs), extent(lines.flatMap(({ values }) => values)), ...axes);
  const paths = lines.map(({ values }, index) => {
    let isDrawing = false;
    const path = values.map((number, place) => {
      if (!Number.isFinite(number)) {
        isDrawing = false;
        return "";
      }
      const command = isDrawing ? "L" : "M";
      isDrawing = true;
      return `${command}${at(x(xs[place] as number))} ${at(y(number))}`;
    });
    return markup`<path class="line line-${index + 1}" d="${path.join("")}"/>`;
  });
  const legend = lines.map(
    (
      { name },
      index,
    ) => markup`<line class="line line-${index + 1}" x1="${WIDTH - 150}" x2="${WIDTH - 126}" y1="${TOP + 10 + 18 * index}" y2="${TOP + 10 + 18 * index}"/>
<text class="tick" x="${WIDTH - 120}" y="${TOP + 14 + 18 * index}">${name}</text>`,
  );
  return picture(label, HEIGHT, markup`${drawn}${paths}${lines.length > 1 ? legend : null}`);
}

/** Predicted over actual values, with the diagonal. */
export function scatterPlot(label: string, actual: readonly (number | null)[], predicted: readonly (number | null)[]): Markup {
  const pairs = actual.flatMap((number, index) => {
    const other = predicted[index] ?? null;
    return number === null || other === null ? [] : [[number, other] as const];
  });
  const range = extent(pairs.flat());
  const { x, y, axes } = frameOf(range, range, "actual", "predicted");
  const dots = pairs.map(([a, p]) => markup`<circle class="dot" cx="${at(x(a))}" cy="${at(y(p))}" r="2.5"/>`);
  const [low, high] = range;
  const same = markup`<line class="same" x1="${at(x(low))}" y1="${at(y(low))}" x2="${at(x(high))}" y2="${at(y(high))}"/>`;
  return picture(label, HEIGHT, markup`${axes}${same}${dots}`);
}

const BAR_ROW = 24;
const BAR_LEFT = 240;
const BAR_RIGHT = 150;
const BAR_NAME = 24;

/** Bars from zero, each with its name and value; negative ones go to the left of the zero line. */
export function barPlot(label: string, bars: readonly { name: string; value: number; text: string }[]): Markup {
  const low = Math.min(0, ...bars.map((bar) => bar.value));
  const high = Math.max(0, ...bars.map((bar) => bar.value)) || 1;
  const x = (number: number) => BAR_LEFT + ((number - low) / (high - low)) * (WIDTH - BAR_LEFT - BAR_RIGHT);
  const rows = bars.map(({ name, value: number, text }, index) => {
    const from = Math.min(x(0), x(number));
    const middle = index * BAR_ROW + BAR_ROW / 2;
    return markup`<text class="name" x="${BAR_LEFT - 10}" y="${middle + 4}" text-anchor="end">${short(name, BAR_NAME)}</text>
<rect class="bar" x="${at(from)}" y="${middle - 8}" width="${at(Math.max(1, Math.abs(x(number) - x(0))))}" height="16"/>
<text class="tick" x="${WIDTH - BAR_RIGHT + 10}" y="${middle + 4}">${text}</text>`;
  });
  const zero = markup`<line class="grid" x1="${at(x(0))}" x2="${at(x(0))}" y1="0" y2="${bars.length * BAR_ROW}"/>`;
  return picture(label, Math.max(1, bars.length) * BAR_ROW, markup`${zero}${rows}`);
}
