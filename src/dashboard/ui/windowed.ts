/** Windowing of long lists: only the rows on the screen and a few around them are rendered. The page itself scrolls. */
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const AROUND = 8;

export interface RowWindow {
  /** The first row to render, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** Returns the window of `count` rows of `rowPx` each in `element`. */
export function useRowWindow(element: RefObject<HTMLElement | null>, count: number, rowPx: number): RowWindow {
  const [rows, setRows] = useState<RowWindow>({ start: 0, end: Math.min(count, 40) });
  useEffect(() => {
    let frame = 0;
    const update = () => {
      frame = 0;
      const top = element.current?.getBoundingClientRect().top ?? 0;
      const start = Math.max(0, Math.floor(-top / rowPx) - AROUND);
      const end = Math.min(count, Math.ceil((window.innerHeight - top) / rowPx) + AROUND);
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
  }, [element, count, rowPx]);
  return { start: Math.min(rows.start, count), end: Math.min(rows.end, count) };
}
