/** Windowing of long lists: only the rows on the screen and a few around them are rendered. The page itself scrolls. */
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const AROUND = 8;

export interface RowWindow {
  /** The first row to render, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** Returns the first place of ascending `tops` whose row reaches below `px`. */
function rowAt(tops: readonly number[], px: number): number {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle + 1] as number) > px) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Returns the window of rows in `element`: `tops` has the top of each in px, and last where the last one ends. */
export function useRowWindow(element: RefObject<HTMLElement | null>, tops: readonly number[]): RowWindow {
  const count = tops.length - 1;
  const [rows, setRows] = useState<RowWindow>({ start: 0, end: Math.min(count, 40) });
  useEffect(() => {
    let frame = 0;
    const update = () => {
      frame = 0;
      const top = element.current?.getBoundingClientRect().top ?? 0;
      const start = Math.max(0, rowAt(tops, -top) - AROUND);
      const end = Math.min(count, rowAt(tops, window.innerHeight - top) + 1 + AROUND);
      setRows((now) => (now.start === start && now.end === end ? now : { start, end: Math.max(start, end) }));
    };
    const updateSoon = () => {
      if (frame === 0) frame = requestAnimationFrame(update);
    };
    update();
    window.addEventListener("scroll", updateSoon, { passive: true });
    window.addEventListener("resize", updateSoon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", updateSoon);
      window.removeEventListener("resize", updateSoon);
    };
  }, [element, tops]);
  return { start: Math.min(rows.start, count), end: Math.min(rows.end, count) };
}
