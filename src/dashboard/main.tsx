/**
 * The page: makes its parts and draws the frame. It talks to the server over the public API alone, and loads nothing from
 * anywhere else.
 *
 * The parts, for whoever adds a view (one folder with page.tsx, one line in views.ts):
 *
 * shell/   api.ts        every route as a typed function; http.ts the requests, and ApiProblem, the one error
 *          app-context   useApp(): api, live, board, router, session, theme, toasts, shortcuts; useTitle("…")
 *          resource.ts   useResource(read, [dependencies]) -> {data, error, loading, reload, replace}
 *          router.ts     links are plain <a href>; router.navigate, router.setQuery for what an address should remember
 *          store.ts      createStore, useStore(store, select): state that outlives or crosses components
 *          shortcuts.ts  useShortcuts(shortcuts, [...], [dependencies]); `?` lists them
 *          format.ts     numbers, shares, rates, durations, sizes, times, as they are shown everywhere
 * live/    live.ts       watchJobs, follow(job, after, listener), generation: read lists anew when it grows
 * jobs/    board.ts      the newest known version of every job, kept live: useJob(id)
 * chart/   chart.tsx     lines by epoch (uPlot, loaded with the view that needs it); curves.ts their bounded data
 * ui/      button, field (TextField, SelectField, Check, Segments), dialog (Dialog, Confirm), menu, table (Table),
 *          surfaces (Card, Problem, Notice, Empty, Skeleton, Tabs, Facts), state-badge, toasts, icon
 * styles/  tokens.css    colours, type, space: nothing else has a colour or a size of its own; a sheet for each part
 *
 * Inline styles are set as objects (style={{width}}): the content security policy allows no style attributes in markup.
 */
import { render } from "preact";
import { createBoard } from "./live/board.ts";
import { createLive } from "./live/live.ts";
import { createApi } from "./shell/api.ts";
import { AppProvider } from "./shell/app-context.ts";
import { Frame, findView } from "./shell/frame.tsx";
import { createRouter } from "./shell/router.ts";
import { createSession } from "./shell/session.ts";
import { createShortcuts } from "./shell/shortcuts.ts";
import { createTheme } from "./shell/theme.ts";
import { createToasts } from "./ui/toasts.tsx";

const session = createSession();
const api = createApi(window.location.origin, () => session.lock());
session.attach(api);
const live = createLive(window, api.openStream);
const parts = {
  api,
  live,
  session,
  board: createBoard(live),
  router: createRouter(window, (path) => findView(path) !== null),
  theme: createTheme(window),
  toasts: createToasts(),
  shortcuts: createShortcuts(window),
};

// Connect when the server lets us in, and anew when somebody else has signed in.
session.state.subscribe(({ phase }) => {
  if (phase === "open" || phase === "signed_in") live.restart();
});
// A server that does not answer is away: the connection goes on trying, and asks again when it is there.
session.refresh().catch(() => live.retry());
live.generation.subscribe(() => {
  if (session.state.get().phase === "unknown") void session.refresh().catch(() => undefined);
});

// A key that is revoked takes the connection with it; then nothing else may be asked for that would say so.
live.connection.subscribe(({ status }) => {
  if (status === "waiting") void session.check().catch(() => undefined);
});

const root = document.getElementById("app");
if (root) {
  render(
    <AppProvider value={parts}>
      <Frame />
    </AppProvider>,
    root,
  );
}
