/** The theme: light, dark or the system's. The choice is stored; public/theme.js sets it on the root before the first paint. */
import { createStore, type Store } from "./store.ts";

export type ThemeChoice = "system" | "light" | "dark";

export interface Theme {
  readonly choice: Store<ThemeChoice>;
  /** The theme in effect. Canvases are redrawn when it changes. */
  readonly shown: Store<"light" | "dark">;
  choose(choice: ThemeChoice): void;
}

const KEY = "trainyard.theme";

export function createTheme(window: Window): Theme {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const choice = createStore<ThemeChoice>(remembered(window));
  const resolve = (): "light" | "dark" => {
    const chosen = choice.get();
    if (chosen !== "system") return chosen;
    return system.matches ? "dark" : "light";
  };
  const shown = createStore(resolve());
  const show = () => {
    window.document.documentElement.dataset.theme = resolve();
    shown.set(resolve());
  };
  show();
  system.addEventListener("change", show);
  return {
    choice,
    shown,
    choose(next) {
      choice.set(next);
      remember(window, next);
      show();
    },
  };
}

function remembered({ localStorage }: Window): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

function remember({ localStorage }: Window, choice: ThemeChoice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // The page may not use storage: the choice lasts until it is closed.
  }
}
