/**
 * A canvas of inked layers, drawn a few milliseconds a frame: the page stays at the rate of the screen however many trials there are. A
 * drawing that the reader waits for, while brushing, is shown as it grows; another one when it is done.
 */
import { useEffect, useRef } from "preact/hooks";
import { createInk, type Ink, type Rgba } from "./ink.ts";

/** Points or lines of one kind. */
export interface InkLayer {
  readonly count: number;
  /** Adds one to the ink, in px of the canvas: those of CSS times `ratio`. */
  readonly draw: (ink: Ink, index: number, ratio: number) => void;
  readonly colours: readonly Rgba[];
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
const SLICE_MS = 4;
/** Drawn between two looks at the clock. */
const BATCH = 16;
/** Slices between two prints of an unfinished drawing. */
const SLICES_A_PRINT = 4;

export function InkCanvas({ width, height, layers, wanted, name }: InkCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<unknown>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width <= 0) return;
    const isWaitedFor = shown.current !== wanted;
    shown.current = wanted;
    const ratio = Math.min(2, devicePixelRatio);
    const drawing = createDrawing(Math.round(width * ratio), Math.round(height * ratio), layers, ratio);
    element.dataset.state = "drawing";
    let slices = 0;
    let frame = requestAnimationFrame(function next() {
      const isDone = drawing.advance(SLICE_MS);
      slices++;
      if (isDone || (isWaitedFor && slices % SLICES_A_PRINT === 0)) {
        const image = drawing.image();
        // A canvas is cleared by being resized: only when it must be.
        if (element.width !== image.width || element.height !== image.height) {
          element.width = image.width;
          element.height = image.height;
        }
        context.putImageData(image, 0, 0);
      }
      if (!isDone) frame = requestAnimationFrame(next);
      else element.dataset.state = "drawn";
    });
    return () => cancelAnimationFrame(frame);
  }, [width, height, layers]);
  return <canvas ref={canvas} class="ink" data-name={name} style={{ width: `${width}px`, height: `${height}px` }} />;
}

/** A drawing that is made in slices. */
function createDrawing(width: number, height: number, layers: readonly InkLayer[], ratio: number) {
  const inks = layers.map(() => createInk(width, height));
  let layer = 0;
  let index = 0;
  return {
    /** Draws for about so long; returns whether it is done. */
    advance(ms: number): boolean {
      const end = performance.now() + ms;
      while (layer < layers.length) {
        const { count, draw } = layers[layer] as InkLayer;
        const stop = Math.min(count, index + BATCH);
        while (index < stop) draw(inks[layer] as Ink, index++, ratio);
        if (index >= count) {
          layer++;
          index = 0;
        }
        if (performance.now() >= end) break;
      }
      return layer >= layers.length;
    },
    image(): ImageData {
      const image = new ImageData(width, height);
      for (const [at, { colours, single }] of layers.entries()) inks[at]?.print(image.data, colours, single);
      return image;
    },
  };
}
