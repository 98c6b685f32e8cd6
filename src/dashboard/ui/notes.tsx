/** Notes: what was guessed, left out or looks wrong, each with its cure. */
import type { Note } from "../../domain/notes.ts";
import { Notice } from "./surfaces.tsx";

/** Shows notes as a list; nothing where there are none. */
export function Notes({ notes, title = "Notes" }: { readonly notes: readonly Note[]; readonly title?: string }) {
  if (notes.length === 0) return null;
  return (
    <Notice tone="warn" title={title}>
      <ul aria-label={title}>
        {notes.map(({ code, column, line, detail, cure }) => (
          <li key={`${code} ${column} ${line} ${detail}`}>
            {detail} <span class="muted">({cure})</span>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
