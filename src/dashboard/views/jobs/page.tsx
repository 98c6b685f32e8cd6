/** The view of all jobs: live, with search, filters, and actions on many at once. */
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JobState } from "../../../domain/jobs/job.ts";
import { startAddress } from "../../datasets/start-address.ts";
import { TableStart } from "../../datasets/table-start.tsx";
import { type DatasetNames, datasetOf, useDatasetNames } from "../../jobs/dataset-names.ts";
import { searchText } from "../../jobs/job-reading.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatCount } from "../../shell/format.ts";
import { PHONE, useMedia } from "../../shell/media.ts";
import { useShortcuts } from "../../shell/shortcuts.ts";
import { useStore } from "../../shell/store.ts";
import type { ViewProps } from "../../shell/view.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Problem } from "../../ui/surfaces.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { columnsShown, JOB_COLUMNS, type JobOrder, orderOf, readHidden, rememberHidden, sortJobs } from "./columns.ts";
import { GROUPINGS, groupingOf, layOut, tagGroupings } from "./groups.ts";
import { createJobList, type JobList, PAGE_JOBS } from "./list.ts";
import { useSelection } from "./selection.ts";
import { createSparklines } from "./sparklines.ts";
import { HEAD_PX, JobTable, useRowPx } from "./table.tsx";

type Filter = JobState | "all";

const FILTERS: readonly { readonly value: Filter; readonly label: string }[] = [
  { value: "all", label: "All" },
  { value: "running", label: "Running" },
  { value: "queued", label: "Queued" },
  { value: "paused", label: "Paused" },
  { value: "succeeded", label: "Succeeded" },
  { value: "failed", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
];

/** How long the first reading waits until changes are watched. */
const EARLY_MS = 60;

export default function JobsPage({ query }: ViewProps) {
  const { api, board, live, router } = useApp();
  useTitle("Jobs");
  const filter = FILTERS.find(({ value }) => value === query.get("state"))?.value ?? "all";
  const search = query.get("q") ?? "";
  // A search with a comparison is a filter, which the server answers; words are searched in what is shown.
  const isFilter = /[<>=]/.test(search);
  const conditions = useSettled(isFilter ? search : "", FILTER_MS);
  const words = isFilter ? "" : search;
  const list = useMemo(
    () => createJobList(api, board, filter === "all" ? null : filter, conditions),
    [api, board, filter, conditions],
  );
  const sparklines = useMemo(() => createSparklines(api, board), [api, board]);
  useEffect(() => () => sparklines.dispose(), [sparklines]);
  useEffect(() => {
    // A list read after watching has started misses nothing in between. If that takes long, show something before.
    const isWatching = live.generation.get() > 0;
    if (isWatching) void list.reload();
    const early = setTimeout(() => !isWatching && void list.reload(), EARLY_MS);
    const stop = live.generation.subscribe(() => {
      clearTimeout(early);
      void list.reload();
    });
    return () => {
      clearTimeout(early);
      stop();
      list.dispose();
    };
  }, [list, live]);
  useHolding(list);

  const state = useStore(list.state);
  const names = useNamesOf(state.ids);
  const grouping = groupingOf(query.get("group"));
  // Jobs of a group are ranked by their loss, unless the reader sorts them otherwise.
  const order = orderOf(query.get("sort") ?? (grouping && "loss"));
  const shown = useOrdered(useFound(state.ids, words, names), order);
  useReadingToTheEnd(list, words !== "" || order !== null);
  const { columns, hidden, toggle } = useColumns();
  const rowPx = useRowPx();
  const layout = useMemo(
    () => layOut(shown, board.get, { grouping, names, rowPx, headPx: HEAD_PX }),
    [shown, board, grouping, names, rowPx],
  );
  const topOf = (id: string) => layout.tops[layout.lines.findIndex((line) => line.kind === "job" && line.id === id)] ?? 0;
  const rows = useRef<HTMLDivElement>(null);
  const inOrder = useMemo(() => layout.lines.flatMap((line) => (line.kind === "job" ? line.id : [])), [layout]);
  const selection = useSelection({ ids: inOrder, rowPx, topOf, list: rows });
  const searchField = useRef<HTMLInputElement>(null);
  useListKeys(selection, searchField);

  const isBare = state.known && state.ids.length === 0 && filter === "all" && conditions === "";
  const tagged = useMemo(() => tagGroupings(state.ids.flatMap((id) => board.get(id) ?? [])), [state.ids, board]);
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Jobs</h1>
      </div>
      {!isBare && (
        <div class="list-tools">
          <SearchField value={search} field={searchField} onInput={(text) => router.setQuery({ q: text || null })} />
          <Segments
            label="Show jobs that are"
            value={filter}
            options={FILTERS}
            onChange={(value) => router.setQuery({ state: value === "all" ? null : value })}
          />
          <select
            class="input jobs-group"
            aria-label="Group jobs"
            value={grouping ?? ""}
            onChange={(event) => router.setQuery({ group: event.currentTarget.value || null })}
          >
            <option value="">No groups</option>
            {GROUPINGS.map(({ value, label }) => (
              <option key={value} value={value}>
                By {label}
              </option>
            ))}
            {tagged.map((value) => (
              <option key={value} value={value}>
                By tag {value.slice("tags.".length)}
              </option>
            ))}
          </select>
          <span class="jobs-columns">
            <Menu
              label="Columns"
              icon="sliders"
              items={JOB_COLUMNS.slice(1).map(({ key, title }) => ({
                label: `${hidden.has(key) ? "Show" : "Hide"} ${title.toLowerCase()}`,
                onSelect: () => toggle(key),
              }))}
            >
              Columns
            </Menu>
          </span>
        </div>
      )}
      {state.error !== null && <Problem error={state.error} retry={() => void list.reload()} />}
      {isBare ? (
        <NoJobs />
      ) : (
        <JobTable
          {...{ state, shown, layout, rows, rowPx, selection, sparklines, columns, names, order }}
          searching={words !== ""}
          onOrder={(sort) => router.setQuery({ sort })}
        />
      )}
      {!isBare && <Foot list={list} shown={shown.length} searching={words !== ""} />}
      {state.waiting.length > 0 && (
        <button type="button" class="button primary newcomers" onClick={() => window.scrollTo({ top: 0, behavior: "smooth" })}>
          {state.waiting.length === 1 ? "1 new job" : `${state.waiting.length} new jobs`}
        </button>
      )}
      <BulkBar selection={selection} />
    </div>
  );
}

/** How long typing must pause before a filter is requested: half a filter is an error. */
const FILTER_MS = 500;

/** A text once it has been unchanged for this long; the first one at once. */
function useSettled(text: string, afterMs: number): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), text === "" ? 0 : afterMs);
    return () => clearTimeout(timer);
  }, [text, afterMs]);
  return settled;
}

/** New jobs wait while the reader has scrolled down. */
function useHolding(list: JobList): void {
  useEffect(() => {
    const update = () => list.hold(window.scrollY > 120);
    update();
    window.addEventListener("scroll", update, { passive: true });
    return () => window.removeEventListener("scroll", update);
  }, [list]);
}

/** The jobs that contain every word of a search. */
function useFound(ids: readonly string[], search: string, names: DatasetNames): readonly string[] {
  const { board } = useApp();
  return useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return ids;
    return ids.filter((id) => {
      const job = board.get(id);
      const text = job ? searchText(job, names) : "";
      return words.every((word) => text.includes(word));
    });
  }, [ids, search, names, board]);
}

/** A search and an order apply to every job: pages are read until there are no more. */
function useReadingToTheEnd(list: JobList, isWanted: boolean): void {
  const { loading, hasMore, error } = useStore(list.state);
  useEffect(() => {
    if (isWanted && hasMore && !loading && error === null) void list.loadMore();
  }, [list, isWanted, loading, hasMore, error]);
}

/** The names of the data sets of these jobs. */
function useNamesOf(ids: readonly string[]): DatasetNames {
  const { board } = useApp();
  const datasets = useMemo(() => {
    const used = ids.map((id) => board.get(id)).flatMap((job) => (job ? (datasetOf(job.spec) ?? []) : []));
    return [...new Set(used)];
  }, [ids, board]);
  return useDatasetNames(datasets);
}

const SORT_EVERY_MS = 3000;

/** Sorts jobs by their current values, every few seconds: rows that swap places all the time cannot be read. */
function useOrdered(ids: readonly string[], order: JobOrder | null): readonly string[] {
  const { board } = useApp();
  const now = useNow(SORT_EVERY_MS);
  return useMemo(() => {
    if (!order) return ids;
    const jobs = ids.flatMap((id) => board.get(id) ?? []);
    return sortJobs(jobs, order, now).map(({ id }) => id);
  }, [ids, order?.column, order?.descending, order ? now : 0, board]);
}

/** The columns of this screen, and which of them the reader has hidden. */
function useColumns() {
  const [hidden, setHidden] = useState(() => readHidden(window));
  const isWide = useMedia("(min-width: 1181px)");
  const isMiddle = useMedia("(min-width: 901px)");
  const isPhone = useMedia(PHONE);
  // A phone has rows of its own, with room for most.
  const width = isWide ? 1181 : isMiddle || isPhone ? 901 : 721;
  const columns = useMemo(() => columnsShown(hidden, width), [hidden, width]);
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    rememberHidden(window, next);
    setHidden(next);
  };
  return { columns, hidden, toggle };
}

function useListKeys(selection: ReturnType<typeof useSelection>, searchField: RefObject<HTMLInputElement | null>): void {
  const { shortcuts } = useApp();
  const latest = useRef(selection);
  latest.current = selection;
  const group = "Jobs";
  useShortcuts(
    shortcuts,
    [
      { keys: "j", label: "Next job", group, run: () => latest.current.move(1, false) },
      { keys: "k", label: "Previous job", group, run: () => latest.current.move(-1, false) },
      { keys: "J", label: "Next job, selecting", group, run: () => latest.current.move(1, true) },
      { keys: "K", label: "Previous job, selecting", group, run: () => latest.current.move(-1, true) },
      { keys: "x", label: "Select or deselect the job", group, run: () => latest.current.toggle() },
      // The focus is on the job's link: the browser opens it.
      { keys: "Enter", label: "Open the job", group, run: () => false },
      { keys: "/", label: "Search", group, run: () => searchField.current?.focus() },
      { keys: "Escape", label: "Clear the selection", group, run: () => latest.current.clear() },
    ],
    [],
  );
}

interface SearchFieldProps {
  readonly value: string;
  readonly field: RefObject<HTMLInputElement | null>;
  onInput(text: string): void;
}

function SearchField({ value, field, onInput }: SearchFieldProps) {
  const [text, setText] = useState(value);
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        class="input"
        aria-label="Search jobs by name, id, data, network or tags, or filter them, as metrics.val_loss < 0.3"
        placeholder="Search, or metrics.val_loss < 0.3"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          onInput(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          setText("");
          onInput("");
          event.currentTarget.blur();
        }}
      />
      {text === "" && <kbd>/</kbd>}
    </div>
  );
}

/** The start: a dropped table becomes a model at /start. */
function NoJobs() {
  const { router } = useApp();
  return (
    <section class="card card-body stack" aria-label="Start with a table">
      <div class="start-head">
        <h2>No jobs yet: drop a table</h2>
        <p class="muted">
          It is read, the best model for it is found, and you can ask that model. Or <a href="/new">describe a network</a>.
        </p>
      </div>
      <TableStart onTable={({ id }, target) => router.navigate(startAddress(id, target))} />
    </section>
  );
}

function Foot({ list, shown, searching }: { readonly list: JobList; readonly shown: number; readonly searching: boolean }) {
  const { hasMore, loading, known, ids } = useStore(list.state);
  const sentence = searching
    ? `${formatCount(shown)} found among ${formatCount(ids.length)} ${hasMore ? "loaded so far" : "jobs"}`
    : `${formatCount(shown)} ${shown === 1 ? "job" : "jobs"}${hasMore ? " loaded" : ""}`;
  return (
    <div class="list-foot">
      <span role="status">{known && sentence}</span>
      {hasMore && !searching && (
        <Button busy={loading} onClick={() => void list.loadMore()}>
          Load {PAGE_JOBS} more
        </Button>
      )}
    </div>
  );
}
