/** Which rows of a long list are worth drawing: those on the screen and a few around them. The page itself scrolls. */
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const AROUND = 8;

export interface RowWindow {
  /** First row to draw, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** For `count` rows of `rowPx` each, in `element`. */
export function useRowWindow(element: RefObject<HTMLElement | null>, count: number, rowPx: number): RowWindow {
  const [rows, setRows] = useState<RowWindow>({ start: 0, end: Math.min(count, 40) });
  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const top = element.current?.getBoundingClientRect().top ?? 0;
      const start = Math.max(0, Math.floor(-top / rowPx) - AROUND);
      const end = Math.min(count, Math.ceil((window.innerHeight - top) / rowPx) + AROUND);
      setRows((now) => (now.start === start && now.end === end ? now : { start, end: Math.max(start, end) }));
    };
    const lookSoon = () => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    look();
    window.addEventListener("scroll", lookSoon, { passive: true });
    window.addEventListener("resize", lookSoon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", lookSoon);
      window.removeEventListener("resize", lookSoon);
    };
  }, [element, count, rowPx]);
  return { start: Math.min(rows.start, count), end: Math.min(rows.end, count) };
}
