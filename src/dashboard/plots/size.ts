/** The width of an element as a hook. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Returns a ref for the element, and its width in whole CSS pixels; 0 before it is laid out. */
export function useWidth<E extends HTMLElement>(): readonly [RefObject<E>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const own = element.current;
    if (!own) return;
    const update = () => setWidth(Math.floor(own.clientWidth));
    update();
    const observer = new ResizeObserver(update);
    observer.observe(own);
    return () => observer.disconnect();
  }, []);
  return [element as RefObject<E>, width];
}
