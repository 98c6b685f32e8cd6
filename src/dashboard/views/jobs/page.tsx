/** The view of all jobs: live, with search, filters, and actions on many at once. */
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JobState } from "../../../domain/jobs/job.ts";
import { startAddress } from "../../datasets/start-address.ts";
import { TableStart } from "../../datasets/table-start.tsx";
import { searchText } from "../../jobs/job-reading.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { formatCount } from "../../shell/format.ts";
import { useShortcuts } from "../../shell/shortcuts.ts";
import { useStore } from "../../shell/store.ts";
import type { ViewProps } from "../../shell/view.ts";
import { Button } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Problem } from "../../ui/surfaces.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { createJobList, type JobList, PAGE_JOBS } from "./list.ts";
import { useSelection } from "./selection.ts";
import { createSparklines } from "./sparklines.ts";
import { JobTable, useRowPx } from "./table.tsx";

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

export default function JobsPage({ query }: ViewProps) {
  const { api, board, live, router } = useApp();
  useTitle("Jobs");
  const filter = FILTERS.find(({ value }) => value === query.get("state"))?.value ?? "all";
  const search = query.get("q") ?? "";
  const list = useMemo(() => createJobList(api, board, filter === "all" ? null : filter), [api, board, filter]);
  const sparklines = useMemo(() => createSparklines(api, board), [api, board]);
  useEffect(() => () => sparklines.dispose(), [sparklines]);
  useEffect(() => {
    // Reading starts once watching has, so that nothing is missed in between.
    if (live.generation.get() > 0) void list.reload();
    const stop = live.generation.subscribe(() => void list.reload());
    return () => {
      stop();
      list.dispose();
    };
  }, [list, live]);
  useHolding(list);

  const state = useStore(list.state);
  const shown = useFound(state.ids, search);
  useSearchToTheEnd(list, search);
  const rowPx = useRowPx();
  const rows = useRef<HTMLDivElement>(null);
  const selection = useSelection({ ids: shown, rowPx, list: rows });
  const searchField = useRef<HTMLInputElement>(null);
  useListKeys(selection, searchField);

  const isBare = state.known && state.ids.length === 0 && filter === "all";
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
        </div>
      )}
      {state.error !== null && <Problem error={state.error} retry={() => void list.reload()} />}
      {isBare ? <NoJobs /> : <JobTable {...{ state, shown, rows, rowPx, selection, sparklines }} searching={search !== ""} />}
      {!isBare && <Foot list={list} shown={shown.length} searching={search !== ""} />}
      {state.waiting.length > 0 && (
        <button type="button" class="button primary newcomers" onClick={() => window.scrollTo({ top: 0, behavior: "smooth" })}>
          {state.waiting.length === 1 ? "1 new job" : `${state.waiting.length} new jobs`}
        </button>
      )}
      <BulkBar selection={selection} />
    </div>
  );
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
function useFound(ids: readonly string[], search: string): readonly string[] {
  const { board } = useApp();
  return useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return ids;
    return ids.filter((id) => {
      const job = board.get(id);
      const text = job ? searchText(job) : "";
      return words.every((word) => text.includes(word));
    });
  }, [ids, search, board]);
}

/** A search covers every job: pages are read until there are no more, or until it ends. */
function useSearchToTheEnd(list: JobList, search: string): void {
  const { loading, hasMore, error } = useStore(list.state);
  useEffect(() => {
    if (search !== "" && hasMore && !loading && error === null) void list.loadMore();
  }, [list, search, loading, hasMore, error]);
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
        aria-label="Search jobs by name, id, data or network"
        placeholder="Search jobs"
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

/** The way in: a dropped table becomes a model at /start. */
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
