/** What every view can use: the parts that main.tsx created, by context. */
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { JobBoard } from "../live/board.ts";
import type { Live } from "../live/live.ts";
import type { Toasts } from "../ui/toasts.tsx";
import type { Api } from "./api.ts";
import type { Router } from "./router.ts";
import type { SessionControl } from "./session.ts";
import type { Shortcuts } from "./shortcuts.ts";
import type { Theme } from "./theme.ts";

export interface AppParts {
  readonly api: Api;
  readonly live: Live;
  readonly board: JobBoard;
  readonly router: Router;
  readonly session: SessionControl;
  readonly theme: Theme;
  readonly toasts: Toasts;
  readonly shortcuts: Shortcuts;
}

const Context = createContext<AppParts | null>(null);

export const AppProvider = Context.Provider;

/** Returns the parts of the page. Throws an Error outside of AppProvider. */
export function useApp(): AppParts {
  const parts = useContext(Context);
  if (!parts) throw new Error("no AppProvider above this component");
  return parts;
}

/** Sets the window's title. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Trainyard` : "Trainyard";
  }, [title]);
}
