/**
 * The router: the history API, and links that are plain <a> elements. A click on a link to one of the page's views stays in the
 * page; everything else (the API's docs, downloads, new tabs) is left to the browser.
 */
import { basePathOf, withoutBase } from "./base-path.ts";
import { createStore, type Store } from "./store.ts";

/** The address that is shown. */
export interface Visit {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Grows with each change of the path: the same address, opened again, is another visit. */
  readonly visit: number;
}

export interface Router {
  readonly current: Store<Visit>;
  /** Opens an address within the page. With `replace`, Back does not return to the present one. */
  navigate(href: string, options?: { readonly replace?: boolean }): void;
  /** Changes query parameters of the present address, without a new entry in the history; null removes one. */
  setQuery(changes: Readonly<Record<string, string | null>>): void;
}

/** Returns the parameters of `path` by `pattern` (`/jobs/:id`), decoded, or null when it does not match. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const names: string[] = [];
  const source = pattern.replaceAll(/:(\w+)/g, (_, name: string) => {
    names.push(name);
    return "([^/]+)";
  });
  const match = new RegExp(`^${source}/?$`).exec(path);
  if (!match) return null;
  try {
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")]));
  } catch {
    return null;
  }
}

/** Creates the router. `isOurs` says which paths have a view; links to others are left to the browser. */
export function createRouter(window: Window, isOurs: (path: string) => boolean): Router {
  let visit = 0;
  const base = basePathOf(window);
  const path = () => withoutBase(base, window.location.pathname);
  const read = (): Visit => ({
    path: path(),
    query: new URLSearchParams(window.location.search),
    visit,
  });
  const current = createStore(read());
  const arrive = (): void => {
    if (path() !== current.get().path) visit++;
    current.set(read());
  };
  const navigate: Router["navigate"] = (href, { replace = false } = {}) => {
    const from = current.get().path;
    window.history[replace ? "replaceState" : "pushState"](null, "", base + href);
    arrive();
    if (current.get().path !== from) window.scrollTo(0, 0);
  };
  window.addEventListener("popstate", arrive);
  window.document.addEventListener("click", (event) => {
    const href = plainLink(event, window, base, isOurs);
    if (href === null) return;
    event.preventDefault();
    navigate(href);
  });
  return {
    current,
    navigate,
    setQuery(changes) {
      const query = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) query.delete(name);
        else query.set(name, value);
      }
      const text = query.toString();
      navigate(`${path()}${text ? `?${text}` : ""}`, { replace: true });
    },
  };
}

/** The address of a link to one of the page's views that was clicked without modifiers, else null. */
function plainLink(event: MouseEvent, { location }: Window, base: string, isOurs: (path: string) => boolean): string | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return null;
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link?.href || link.target || link.hasAttribute("download")) return null;
  const url = new URL(link.href);
  const path = withoutBase(base, url.pathname);
  if (url.origin !== location.origin || !isOurs(path)) return null;
  return path + url.search + url.hash;
}
