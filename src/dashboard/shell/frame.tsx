/** The frame around every view: navigation, the state of the connection, the theme, and the view of the current address. */
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Icon, type IconName, Mark } from "../ui/icon.tsx";
import { Problem } from "../ui/surfaces.tsx";
import { ToastList } from "../ui/toasts.tsx";
import { SECTIONS, VIEWS } from "../views.ts";
import { useApp } from "./app-context.ts";
import { matchPath } from "./router.ts";
import { useShortcuts } from "./shortcuts.ts";
import { useStore } from "./store.ts";
import type { ThemeChoice } from "./theme.ts";
import type { View, ViewProps } from "./view.ts";

/** Returns the view of a path with the parameters of its pattern, or null. */
export function findView(path: string): { readonly view: View; readonly params: ViewProps["params"] } | null {
  for (const view of VIEWS) {
    const params = matchPath(view.pattern, path);
    if (params) return { view, params };
  }
  return null;
}

export function Frame() {
  const { router, shortcuts, session, toasts } = useApp();
  const [help, setHelp] = useState(false);
  const phase = useStore(session.state, (state) => state.phase);
  const goTo = SECTIONS.map(({ href, label, key }) => ({
    keys: `g ${key}`,
    label: `Go to ${label}`,
    group: "Anywhere",
    run: () => router.navigate(href),
  }));
  const showHelp = { keys: "?", label: "Show keyboard shortcuts", group: "Anywhere", run: () => setHelp(true) };
  useShortcuts(shortcuts, [...goTo, showHelp], []);
  return (
    <div class="shell">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <Sidebar onHelp={() => setHelp(true)} />
      <main class="main" id="content" tabIndex={-1}>
        {phase === "locked" ? null : <CurrentView />}
      </main>
      <Outage />
      {phase === "locked" && <Later load={loadSignIn} props={{}} />}
      {help && <Later load={loadHelp} props={{ onClose: () => setHelp(false) }} />}
      <ToastList toasts={toasts} />
    </div>
  );
}

const loadSignIn = async () => (await import("./sign-in-dialog.tsx")).SignInDialog;
const loadHelp = async () => (await import("./shortcut-help.tsx")).ShortcutHelp;

interface LaterProps<P> {
  readonly load: () => Promise<ComponentType<P>>;
  readonly props: P;
}

/** A component whose code is loaded when it is first shown: few visits need it. */
function Later<P>({ load, props }: LaterProps<P>) {
  const [Component, setComponent] = useState<ComponentType<P> | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    load().then((loaded) => setComponent(() => loaded), setError);
  }, []);
  if (error) return <Problem error={error} retry={() => window.location.reload()} />;
  return Component && <Component {...(props as P & object)} />;
}

function Sidebar({ onHelp }: { readonly onHelp: () => void }) {
  const { router, session } = useApp();
  const section = useStore(router.current, ({ path }) => findView(path)?.view.section);
  const { phase, project } = useStore(session.state);
  return (
    <header class="sidebar">
      <a class="brand" href="/jobs" aria-label="Trainyard">
        <Mark />
        <span class="label">Trainyard</span>
      </a>
      <nav class="nav" aria-label="Main">
        {SECTIONS.map(({ href, label, icon, class: className }) => (
          <a key={href} href={href} class={className} title={label} aria-current={section === href ? "page" : undefined}>
            <Icon name={icon} size={18} />
            <span class="label">{label}</span>
          </a>
        ))}
      </nav>
      <div class="sidebar-end">
        <ConnectionLamp />
        <ThemeButton />
        <button type="button" class="side-action wide-only" title="Keyboard" onClick={onHelp}>
          <Icon name="keyboard" size={18} />
          <span class="label">Keyboard</span>
        </button>
        <a class="side-action wide-only" href="/docs" title="API">
          <Icon name="book" size={18} />
          <span class="label">API</span>
        </a>
        {phase === "signed_in" && (
          <button type="button" class="side-action" title={`Sign out of ${project}`} onClick={() => void session.signOut()}>
            <Icon name="sign_out" size={18} />
            <span class="label">
              Sign out<span class="wide-only"> of {project}</span>
            </span>
          </button>
        )}
      </div>
    </header>
  );
}

const THEMES: Readonly<Record<ThemeChoice, readonly [next: ThemeChoice, icon: IconName, label: string]>> = {
  system: ["light", "monitor", "System theme"],
  light: ["dark", "sun", "Light theme"],
  dark: ["system", "moon", "Dark theme"],
};

function ThemeButton() {
  const { theme } = useApp();
  const choice = useStore(theme.choice);
  const [next, icon, label] = THEMES[choice];
  return (
    <button
      type="button"
      class="side-action"
      title={`${label}; switch to ${THEMES[next][2].toLowerCase()}`}
      onClick={() => theme.choose(next)}
    >
      <Icon name={icon} size={18} />
      <span class="label">{label.split(" ", 1)}</span>
      <span class="visually-hidden">theme; switch to {THEMES[next][2].toLowerCase()}</span>
    </button>
  );
}

const LAMPS = {
  connecting: ["loader", "Connecting"],
  live: ["signal", "Live"],
  waiting: ["offline", "Reconnecting"],
  stopped: ["offline", "Signed out"],
} as const;

function ConnectionLamp() {
  const { live } = useApp();
  const status = useStore(live.connection, (connection) => connection.status);
  const [icon, label] = LAMPS[status];
  return (
    <span class="connection wide-only" data-status={status} title={label}>
      <span class="lamp">
        <Icon name={icon} size={18} />
      </span>
      <span class="label">{label}</span>
    </span>
  );
}

/** Says that the server does not answer, once a second try has failed. */
function Outage() {
  const { live } = useApp();
  const isAway = useStore(live.connection, (connection) => connection.status === "waiting" && connection.tries > 1);
  return (
    <div role="status">
      {isAway && (
        <div class="outage">
          <Icon name="offline" />
          The server does not answer. The page shows what it last knew, and reconnects by itself.
          <Button small variant="quiet" onClick={() => live.retry()}>
            Try now
          </Button>
        </div>
      )}
    </div>
  );
}

type Loaded = { readonly view: View; readonly Component: ComponentType<ViewProps> };

function CurrentView() {
  const { router } = useApp();
  const { path, query, visit } = useStore(router.current);
  const found = findView(path);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<unknown>(null);
  const view = found?.view;
  useEffect(() => {
    setError(null);
    view?.load().then(({ default: Component }) => setLoaded({ view, Component }), setError);
  }, [view]);
  useFocusOnVisit(loaded?.view === view ? visit : -1);
  if (!found) return <NotFound path={path} />;
  if (error) return <Problem error={error} retry={() => window.location.reload()} />;
  // The view before stays until the next one is loaded.
  return loaded ? <Shown key={loaded.view === view ? visit : "before"} loaded={loaded} found={found} query={query} /> : null;
}

interface ShownProps {
  readonly loaded: Loaded;
  readonly found: NonNullable<ReturnType<typeof findView>>;
  readonly query: URLSearchParams;
}

function Shown({ loaded, found, query }: ShownProps) {
  if (loaded.view !== found.view) return null;
  return <loaded.Component params={found.params} query={query} />;
}

/** Focuses the heading after a navigation: it is read out, and Tab continues from there. */
function useFocusOnVisit(visit: number): void {
  const seen = useRef(0);
  useEffect(() => {
    if (visit <= seen.current) return;
    seen.current = visit;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [visit]);
}

function NotFound({ path }: { readonly path: string }) {
  return (
    <div class="page">
      <h1 tabIndex={-1}>No page at {path}</h1>
      <p>
        <a href="/jobs">Go to jobs</a>
      </p>
    </div>
  );
}
