/**
 * A canvas of inked layers, drawn a little in each frame: the page keeps the rate of the screen however many trials there are. A drawing
 * that the reader waits for, while brushing, is shown as it grows; any other when it is done.
 */
import { useEffect, useRef } from "preact/hooks";
import { createInk, type Ink, type Rgb } from "./ink.ts";
import type { Painter } from "./painter.ts";

/** Points or lines of one kind. */
export interface InkLayer {
  readonly count: number;
  /** Adds one to the ink, in px of the canvas: those of CSS times `ratio`. */
  readonly draw: (ink: Ink, index: number, ratio: number) => void;
  readonly colours: readonly Rgb[];
  /** The opacity of one. */
  readonly single: number;
}

export interface InkCanvasProps {
  /** In CSS px. */
  readonly width: number;
  readonly height: number;
  /** From behind to front. Another array is another drawing. */
  readonly layers: readonly InkLayer[];
  /** Another value: the reader has changed what is drawn, and waits for it. */
  readonly wanted: unknown;
  /** Says in tests and benches what is drawn. */
  readonly name: string;
  /** Gives this drawing and others beside it their turns. */
  readonly painter: Painter;
}

/** Points or lines, and rows of pixels, between two looks at the clock. */
const BATCH = 16;
const ROWS = 24;
/** A growing drawing is shown with this many points or lines, and each time that it has grown by this factor. */
const FIRST_SHOWN = 300;
const GROWTH = 10;
/** More lines and points than this are drawn in CSS pixels: where they are dense, finer ones show nothing more. */
const MAX_FINE = 3000;

/** The buffers of a canvas, kept from one drawing to the next: at each step of a brush they would be megabytes of garbage. */
interface Sheets {
  readonly image: ImageData;
  /** One a layer. */
  readonly inks: Ink[];
}

export function InkCanvas({ width, height, layers, wanted, name, painter }: InkCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const sheets = useRef<Sheets | null>(null);
  const shown = useRef<unknown>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width <= 0) return;
    const isWaitedFor = shown.current !== wanted;
    shown.current = wanted;
    const isDense = layers.some(({ count }) => count > MAX_FINE);
    const ratio = isDense ? 1 : Math.min(2, devicePixelRatio);
    const own = sheetsOf(sheets.current, Math.round(width * ratio), Math.round(height * ratio));
    sheets.current = own;
    const show = (): void => {
      const { image } = own;
      // A canvas is cleared by being resized: only when it must be.
      if (element.width !== image.width) element.width = image.width;
      if (element.height !== image.height) element.height = image.height;
      context.putImageData(image, 0, 0);
    };
    const finish = (): void => {
      show();
      element.dataset.state = "drawn";
    };
    element.dataset.state = "drawing";
    return painter.paint(drawingOf(own, layers, ratio, isWaitedFor, show, finish));
  }, [width, height, layers, painter]);
  return <canvas ref={canvas} class="ink" data-name={name} style={{ width: `${width}px`, height: `${height}px` }} />;
}

/** The sheets of the last drawing if they have this size, else new ones. */
function sheetsOf(last: Sheets | null, width: number, height: number): Sheets {
  if (last?.image.width === width && last.image.height === height) return last;
  return { image: new ImageData(width, height), inks: [] };
}

type Steps = Generator<void, void, void>;

/** The steps of a drawing, each short. `show` shows the picture as it grows, if somebody waits for it, and `finish` when it is done. */
function* drawingOf(
  { image, inks }: Sheets,
  layers: readonly InkLayer[],
  ratio: number,
  isGrowing: boolean,
  show: () => void,
  finish: () => void,
): Steps {
  let drawn = 0;
  let shownAt = isGrowing ? FIRST_SHOWN : Number.POSITIVE_INFINITY;
  for (const at of layers.keys()) {
    inks[at]?.clear();
    inks[at] ??= createInk(image.width, image.height);
    yield;
  }
  for (const [at, { count, draw }] of layers.entries())
    for (let index = 0; index < count; ) {
      const stop = Math.min(count, index + BATCH);
      drawn += stop - index;
      while (index < stop) draw(inks[at] as Ink, index++, ratio);
      yield;
      if (drawn < shownAt) continue;
      shownAt *= GROWTH;
      yield* print(image, inks, layers);
      show();
    }
  yield* print(image, inks, layers);
  finish();
}

function* print(image: ImageData, inks: readonly Ink[], layers: readonly InkLayer[]): Steps {
  image.data.fill(0);
  for (let from = 0; from < image.height; from += ROWS) {
    const rows = { from, to: Math.min(image.height, from + ROWS) };
    for (const [at, { colours, single }] of layers.entries()) inks[at]?.print(image.data, colours, single, rows);
    yield;
  }
}
