/** Media queries as a hook. */
import { useEffect, useState } from "preact/hooks";

/** Widths up to this have the layout of a phone; styles/shell.css has the same number. */
export const PHONE = "(max-width: 720px)";

/** Returns whether a media query matches, updated when that changes. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setHolds(media.matches);
    update();
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, [query]);
  return holds;
}
