/** Keyboard shortcuts, which work wherever the focus is, except in a field or a dialog. Views add theirs while they are shown. */
import { useEffect } from "preact/hooks";
import { createStore, type Store } from "./store.ts";

export interface Shortcut {
  /** A key as KeyboardEvent names it (`j`, `Enter`, `?`), or two in sequence: `g j`. */
  readonly keys: string;
  /** What it does, for the list that `?` shows. */
  readonly label: string;
  /** The heading in that list. */
  readonly group: string;
  /** Returning false leaves the key to the browser. */
  run(event: KeyboardEvent): unknown;
}

export interface Shortcuts {
  readonly all: Store<readonly Shortcut[]>;
  /** Adds shortcuts; later ones win over earlier ones with the same keys. Returns a function that removes them. */
  add(shortcuts: readonly Shortcut[]): () => void;
}

/** How long the first of two keys counts. */
const SEQUENCE_MS = 1200;

export function createShortcuts(window: Window): Shortcuts {
  const all = createStore<readonly Shortcut[]>([]);
  let first = "";
  let firstAt = 0;
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const pair = event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${event.key}` : null;
    first = event.key;
    firstAt = event.timeStamp;
    const found = all.get().findLast(({ keys }) => keys === pair) ?? all.get().findLast(({ keys }) => keys === event.key);
    if (found && found.run(event) !== false) event.preventDefault();
  });
  return {
    all,
    add(shortcuts) {
      all.update((now) => [...now, ...shortcuts]);
      return () => all.update((now) => now.filter((shortcut) => !shortcuts.includes(shortcut)));
    },
  };
}

/** Whether a key is typed into a field, or belongs to a dialog or menu. */
function isTyping({ target }: KeyboardEvent): boolean {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  if (element.closest("dialog, [role=menu]")) return true;
  if (element instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(element.type);
  return element.isContentEditable || element.closest("textarea, select") !== null;
}

/** Adds shortcuts while a component is shown. */
export function useShortcuts(shortcuts: Shortcuts, own: readonly Shortcut[], dependencies: readonly unknown[]): void {
  useEffect(() => shortcuts.add(own), dependencies);
}
