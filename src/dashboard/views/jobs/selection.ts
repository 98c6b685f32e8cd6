/** The selection in a list of jobs, and the cursor that keys move. Focus follows the cursor. */
import type { RefObject } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Selection {
  readonly ids: ReadonlySet<string>;
  select(id: string, selected: boolean): void;
  set(ids: Iterable<string>): void;
  clear(): void;
  /** Moves the cursor by so many rows; with `extend`, selects them. */
  move(by: number, extend: boolean): void;
  /** Selects or deselects the job under the cursor. */
  toggle(): void;
}

export interface SelectionOptions {
  /** All rows, in order. */
  readonly ids: readonly string[];
  readonly rowPx: number;
  /** The top of a job's row in the list, in px. */
  topOf(id: string): number;
  readonly list: RefObject<HTMLElement | null>;
}

export function useSelection({ ids, rowPx, topOf, list }: SelectionOptions): Selection {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const cursor = useRef<string | null>(null);
  const rows = useRef(ids);
  rows.current = ids;

  const select = useCallback((id: string, on: boolean) => {
    cursor.current = id;
    setSelected((now) => withOne(now, id, on));
  }, []);
  // Jobs that have left the list are deselected.
  useEffect(() => {
    const listed = new Set(ids);
    setSelected((now) => ([...now].every((id) => listed.has(id)) ? now : new Set([...now].filter((id) => listed.has(id)))));
  }, [ids]);

  return {
    ids: selected,
    select,
    set: (next) => setSelected(new Set(next)),
    clear: () => setSelected(new Set()),
    move(by, extend) {
      const from = focusedId(list.current) ?? cursor.current;
      const at = from === null ? -1 : rows.current.indexOf(from);
      const to = rows.current[Math.min(rows.current.length - 1, Math.max(0, at + by))];
      if (to === undefined) return;
      cursor.current = to;
      if (extend) setSelected((now) => withOne(from === null ? now : withOne(now, from, true), to, true));
      focusRow(list.current, topOf(to), to, rowPx);
    },
    toggle() {
      const id = focusedId(list.current) ?? cursor.current;
      if (id !== null) setSelected((now) => withOne(now, id, !now.has(id)));
    },
  };
}

function withOne(ids: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  if (ids.has(id) === on) return ids;
  const next = new Set(ids);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}

function focusedId(list: HTMLElement | null): string | null {
  const row = document.activeElement?.closest<HTMLElement>("[data-id]");
  return row && list?.contains(row) ? (row.dataset.id ?? null) : null;
}

/** Space above and below the row that is scrolled to, for the head of the table and the bar of actions. */
const MARGIN_PX = 96;

/** Scrolls a row into view, waits until it is rendered, and focuses its link. */
function focusRow(list: HTMLElement | null, topPx: number, id: string, rowPx: number): void {
  if (!list) return;
  const top = list.getBoundingClientRect().top + topPx;
  if (top < MARGIN_PX) window.scrollBy(0, top - MARGIN_PX);
  else if (top + rowPx > window.innerHeight - MARGIN_PX) window.scrollBy(0, top + rowPx - window.innerHeight + MARGIN_PX);
  let tries = 10;
  const focus = () => {
    const link = list.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] a`);
    if (link) link.focus({ preventScroll: true });
    else if (tries-- > 0) requestAnimationFrame(focus);
  };
  focus();
}
