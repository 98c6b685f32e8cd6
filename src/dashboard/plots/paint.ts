/** Draws fields, contours and points of the data on a canvas. Knows colours and pixels, and nothing of jobs. */
import type { RowPart } from "../../domain/jobs/job-rows.ts";
import { contourOf, type Segment } from "./contour.ts";
import { type Field, leadOf, sample } from "./field.ts";
import { cssColour, mix, type Palette, type Rgb } from "./palette.ts";
import { type Domain, shareOf } from "./scale.ts";

/** Bands of a field, each in one colour, as on a map. */
const BANDS = 10;
/** The strongest tint of a class behind its points, 0..1. */
const MAX_TINT = 0.62;

export interface PlottedPoint {
  /** 0..1 from left to right, and from the bottom up. */
  readonly x: number;
  readonly y: number;
  readonly colour: Rgb;
  readonly part: RowPart;
}

/** Fills a canvas of `width` by `height` pixels with the bands of a field. `range` is that of a regression's values. */
export function paintField(
  context: CanvasRenderingContext2D,
  field: Field,
  palette: Palette,
  range: Domain,
  width: number,
  height: number,
): void {
  const image = context.createImageData(width, height);
  const colourAt = field.kind === "value" ? valueColours(field, palette, range) : classColours(field, palette);
  const last = field.size - 1;
  let at = 0;
  for (let row = 0; row < height; row++) {
    const v = (1 - (row + 0.5) / height) * last;
    for (let column = 0; column < width; column++, at += 4) {
      const [red, green, blue] = colourAt(((column + 0.5) / width) * last, v);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

type ColourAt = (u: number, v: number) => Rgb;

const band = (share: number): number => Math.min(BANDS - 1, Math.max(0, Math.floor(share * BANDS)));

function valueColours({ plane, size }: Extract<Field, { kind: "value" }>, palette: Palette, range: Domain): ColourAt {
  const colours = Array.from({ length: BANDS }, (_, index) => mix(palette.surface, palette.ramp((index + 0.5) / BANDS), 0.82));
  return (u, v) => colours[band(shareOf(range, sample(plane, size, u, v)))] ?? palette.surface;
}

/** The colour of the predicted class, stronger for higher probabilities. */
function classColours({ planes, size }: Extract<Field, { kind: "classes" }>, palette: Palette): ColourAt {
  const least = 1 / planes.length;
  const colours = planes.map((_, index) =>
    Array.from({ length: BANDS }, (_, step) =>
      mix(palette.surface, palette.classColour(index), MAX_TINT * (0.14 + (0.86 * (step + 0.5)) / BANDS)),
    ),
  );
  return (u, v) => {
    // As sharesAt, without allocating: this runs for every pixel.
    let best = 0;
    let most = 0;
    let total = 0;
    for (let index = 0; index < planes.length; index++) {
      const own = Math.exp(sample(planes[index] as Float64Array, size, u, v));
      total += own;
      if (own > most) [best, most] = [index, own];
    }
    return colours[best]?.[band((most / total - least) / (1 - least))] ?? palette.surface;
  };
}

/** Draws the boundaries between classes, or contours of values, on a canvas in CSS pixels. */
export function paintLines(
  context: CanvasRenderingContext2D,
  field: Field,
  palette: Palette,
  range: Domain,
  width: number,
  height: number,
): void {
  const stroke = (segments: readonly Segment[], colour: string, lineWidth: number): void => {
    context.beginPath();
    for (const [x0, y0, x1, y1] of segments) {
      context.moveTo((x0 / (field.size - 1)) * width, (1 - y0 / (field.size - 1)) * height);
      context.lineTo((x1 / (field.size - 1)) * width, (1 - y1 / (field.size - 1)) * height);
    }
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.lineCap = "round";
    context.stroke();
  };
  if (field.kind === "value") {
    for (let index = 1; index < BANDS; index++) {
      const level = range.min + (index / BANDS) * (range.max - range.min);
      stroke(contourOf(field.plane, field.size, level), cssColour(palette.text, 0.28), 0.75);
    }
    return;
  }
  // Two classes have one boundary.
  const drawn = field.planes.length === 2 ? [1] : field.planes.map((_, index) => index);
  for (const index of drawn) stroke(contourOf(leadOf(field.planes, index), field.size, 0), cssColour(palette.text, 0.85), 1.75);
}

/** Draws points: training rows filled, validation rows as rings, test rows as squares. */
export function paintPoints(
  context: CanvasRenderingContext2D,
  points: readonly PlottedPoint[],
  palette: Palette,
  width: number,
  height: number,
): void {
  const radius = points.length > 1500 ? 2 : points.length > 500 ? 2.75 : 3.75;
  for (const { x, y, colour, part } of points) {
    const [px, py] = [x * width, (1 - y) * height];
    context.beginPath();
    if (part === "test") context.rect(px - radius, py - radius, 2 * radius, 2 * radius);
    else context.arc(px, py, radius, 0, 2 * Math.PI);
    const isTrained = part === "train";
    context.fillStyle = cssColour(isTrained ? colour : palette.surface);
    context.fill();
    context.lineWidth = isTrained ? 1 : 2;
    context.strokeStyle = isTrained ? cssColour(palette.surface, 0.95) : cssColour(colour);
    context.stroke();
  }
}
