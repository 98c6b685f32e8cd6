/**
 * The entry of the page: creates its parts and renders the frame. The page talks to the server through the client alone, and
 * loads nothing from anywhere else.
 *
 * The rooms, for whoever adds a view (a folder in views/ with page.tsx, a line in views.ts). A view knows every room and no
 * other view; test/architecture.test.ts has the whole table.
 *
 * shell/       api.ts         the client's methods, and what only a browser needs; problem.ts: any error as a problem
 *              app-context    useApp(): api, live, board, router, session, theme, toasts, shortcuts; useTitle("…")
 *              resource.ts    useResource(read, [dependencies]) -> {data, error, loading, reload, replace}; pages.ts: lists
 *              base-path.ts   the path below which a proxy shows the page; nobody else need know of it
 *              router.ts      links are plain <a href>; router.navigate, router.setQuery for what an address should keep
 *              store.ts       createStore, useStore(store, select): state that outlives or crosses components
 *              shortcuts.ts   useShortcuts(shortcuts, [...], [dependencies]); `?` lists them
 *              format.ts      numbers, shares, rates, durations, sizes, times, as they are shown everywhere
 *              frame.tsx      navigation, connection, theme, and the view of the present address
 * live/        live.ts        watchJobs, follow(job, after, listener), generation: read lists again when it grows
 *              board.ts       the newest known version of every job, kept live: useJob(board, id)
 * ui/          button, field (TextField, SelectField, Check, Segments), dialog (Dialog, Confirm), menu, table (Table),
 *              surfaces (Card, Problem, Notice, Empty, Skeleton, Tabs, Facts), drop-zone, state-badge, toasts, icon
 * charts/      chart.tsx      lines by epoch (uPlot, loaded with the view that needs it); curves.ts: their bounded data
 * plots/       plots of data and predictions as SVG and canvas: scale, frame, surface, curve, confusion, evaluation-plots
 * jobs/        what views of jobs share: job-reading, job-actions, follow-curves, chart-plans, comparison-address
 * datasets/    what views of data sets share: uploader, column-picture, samples
 * model-view/  model-views.tsx: a model's predictions over its training, its network, evaluation and weights
 * predict/     predict-view.tsx: a form for one row, and whole files
 * playground/  trains in a worker of the page; the only room that sees the engine
 * request/     a spec while it is written: draft.ts, its validation and what it comes to, the request in full
 * views/       jobs, job, start, new, compare, datasets, models: a folder for each entry of views.ts
 * styles/      tokens.css: colours, type, space; no other sheet has a colour or a size of its own; a sheet for each part
 *
 * Inline styles are set as objects (style={{width}}): the content security policy allows no style attributes in markup.
 */
import { render } from "preact";
import { createBoard } from "./live/board.ts";
import { createLive } from "./live/live.ts";
import { createPassingStream } from "./live/passing-stream.ts";
import { createApi } from "./shell/api.ts";
import { AppProvider } from "./shell/app-context.ts";
import { basePathOf, linkBelow } from "./shell/base-path.ts";
import { Frame, findView } from "./shell/frame.tsx";
import { createRouter } from "./shell/router.ts";
import { createSession } from "./shell/session.ts";
import { createShortcuts } from "./shell/shortcuts.ts";
import { createTheme } from "./shell/theme.ts";
import { createToasts } from "./ui/toasts.tsx";

const base = basePathOf(window);
linkBelow(base);
const session = createSession();
const api = createApi(window.location.origin + base, () => session.lock());
session.attach(api);
/** Whether the server accepts this browser's requests. */
const isAnswered = async () => {
  await session.check();
  return session.state.get().phase !== "locked";
};
const openStream = createPassingStream(api.openStream, isAnswered, async () => {
  const { openStreamOverHttp } = await import("./live/stream-over-http.ts");
  return () => openStreamOverHttp(api);
});
// The server closes the connection of a session that has ended, and perhaps no later request would get a 401.
const live = createLive(window, openStream, session.check);
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

// Connect once the server needs no key or has accepted one, and again after another sign-in; without a session, ask for nothing.
session.state.subscribe(({ phase }) => {
  if (phase === "locked") live.stop();
  else live.restart();
});
// While the server does not answer, the live connection keeps trying; the session is read again once it is open.
session.refresh().catch(() => live.retry());
live.generation.subscribe(() => {
  if (session.state.get().phase === "unknown") void session.refresh().catch(() => undefined);
});

const root = document.getElementById("app");
if (root) {
  // The document's sentence goes; what is rendered over it would take its element, which would then have moved.
  root.replaceChildren();
  render(
    <AppProvider value={parts}>
      <Frame />
    </AppProvider>,
    root,
  );
}
