/**
 * A canvas of inked layers, drawn a few milliseconds a frame: the page stays at the rate of the screen however many trials there are. A
 * drawing that the reader waits for, while brushing, is shown as it grows; another one when it is done.
 */
import { useEffect, useRef } from "preact/hooks";
import { createInk, type Ink, type Rgb } from "./ink.ts";

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
}

/** How long a frame's share of a drawing may take. */
const SLICE_MS = 5;
/** Points or lines, and rows of pixels, between two looks at the clock. */
const BATCH = 16;
const ROWS = 24;
/** A growing drawing is shown with so many points or lines, and each time that it has grown so many times. */
const FIRST_SHOWN = 200;
const GROWTH = 4;
/** Lines and points beyond these are drawn in the pixels of CSS: where they are dense, finer ones show nothing more. */
const MAX_FINE = 3000;

export function InkCanvas({ width, height, layers, wanted, name }: InkCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<unknown>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width <= 0) return;
    const isWaitedFor = shown.current !== wanted;
    shown.current = wanted;
    const isDense = layers.some(({ count }) => count > MAX_FINE);
    const ratio = isDense ? 1 : Math.min(2, devicePixelRatio);
    const steps = drawingOf(Math.round(width * ratio), Math.round(height * ratio), layers, ratio, isWaitedFor);
    element.dataset.state = "drawing";
    let frame = requestAnimationFrame(function next() {
      const end = performance.now() + SLICE_MS;
      while (performance.now() < end) {
        const { value: image, done } = steps.next();
        if (done) {
          element.dataset.state = "drawn";
          return;
        }
        if (!image) continue;
        // A canvas is cleared by being resized: only when it must be.
        if (element.width !== image.width) element.width = image.width;
        if (element.height !== image.height) element.height = image.height;
        context.putImageData(image, 0, 0);
      }
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [width, height, layers]);
  return <canvas ref={canvas} class="ink" data-name={name} style={{ width: `${width}px`, height: `${height}px` }} />;
}

type Steps = Generator<ImageData | null, void, void>;

/** The steps of a drawing: null after a short one, and the picture when it is done; with `isGrowing` also meanwhile. */
function* drawingOf(width: number, height: number, layers: readonly InkLayer[], ratio: number, isGrowing: boolean): Steps {
  const inks = layers.map(() => createInk(width, height));
  let drawn = 0;
  let shownAt = isGrowing ? FIRST_SHOWN : Number.POSITIVE_INFINITY;
  for (const [at, { count, draw }] of layers.entries())
    for (let index = 0; index < count; ) {
      const stop = Math.min(count, index + BATCH);
      drawn += stop - index;
      while (index < stop) draw(inks[at] as Ink, index++, ratio);
      yield null;
      if (drawn < shownAt) continue;
      shownAt *= GROWTH;
      yield* pictureOf(width, height, inks, layers);
    }
  yield* pictureOf(width, height, inks, layers);
}

function* pictureOf(width: number, height: number, inks: readonly Ink[], layers: readonly InkLayer[]): Steps {
  const image = new ImageData(width, height);
  for (let from = 0; from < height; from += ROWS) {
    const rows = { from, to: Math.min(height, from + ROWS) };
    for (const [at, { colours, single }] of layers.entries()) inks[at]?.print(image.data, colours, single, rows);
    yield null;
  }
  yield image;
}
