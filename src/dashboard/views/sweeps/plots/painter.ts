/**
 * Divides the time of a frame among the drawings of a view: each runs for a while in turn, so that together they leave the browser the rest
 * of every frame, however many there are. Does not know what is drawn.
 */

export interface Painter {
  /** Runs the steps of a drawing, a few each frame, to their end. Returns a function that ends it before. */
  paint(steps: Iterator<unknown>): () => void;
}

/** How long all drawings together may take of a frame of 16.7 ms. The rest is for the page, and for the browser to show it. */
const FRAME_MS = 7;

/** Creates a painter without drawings. */
export function createPainter(): Painter {
  const drawings = new Set<Iterator<unknown>>();
  let frame = 0;
  const run = (): void => {
    frame = 0;
    const end = performance.now() + FRAME_MS;
    for (let left = drawings.size; left > 0; left--) {
      const [steps] = drawings as Set<Iterator<unknown>>;
      if (!steps) break;
      // Behind the others: a drawing without time in this frame is the first in the next one.
      drawings.delete(steps);
      const now = performance.now();
      if (goesOn(steps, now + (end - now) / left)) drawings.add(steps);
    }
    if (drawings.size > 0) frame = requestAnimationFrame(run);
  };
  return {
    paint(steps) {
      drawings.add(steps);
      if (frame === 0) frame = requestAnimationFrame(run);
      return () => {
        drawings.delete(steps);
        if (drawings.size > 0) return;
        cancelAnimationFrame(frame);
        frame = 0;
      };
    },
  };
}

/** Runs steps until `end`, one at least. Returns whether there are more. */
function goesOn(steps: Iterator<unknown>, end: number): boolean {
  do if (steps.next().done) return false;
  while (performance.now() < end);
  return true;
}
