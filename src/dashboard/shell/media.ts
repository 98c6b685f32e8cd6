/** What the screen is like. */
import { useEffect, useState } from "preact/hooks";

/** Widths up to this have the layout of a phone; styles/shell.css has the same number. */
export const PHONE = "(max-width: 720px)";

/** Whether a media query holds, as it changes. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => setHolds(media.matches);
    look();
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return holds;
}
