/** All sweeps, newest first. The list is read again every few moments while one of them runs. */
import { useEffect, useState } from "preact/hooks";
import type { Page } from "../../../client/answers.ts";
import type { Sweep } from "../../../client/sweeps.ts";
import { SWEEP_STATES } from "../../../client/sweeps.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatCount, formatRate, formatTime, formatValue } from "../../shell/format.ts";
import { usePages } from "../../shell/pages.ts";
import { useResource } from "../../shell/resource.ts";
import { useStore } from "../../shell/store.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Progress, StateBadge, stateLabel, stateTone } from "../../ui/state-badge.tsx";
import { Empty, ListSkeleton, Problem } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { describeSweep, metricText } from "./sweep-text.ts";

const PAGE = 50;
/** How often the newest sweeps are read again while one is open, and while none is. */
const OPEN_MS = 1500;
const QUIET_MS = 10_000;

export function SweepList({ query }: { readonly query: URLSearchParams }) {
  const { api, router, live } = useApp();
  useTitle("Sweeps");
  const generation = useStore(live.generation);
  const state = SWEEP_STATES.find((each) => each === query.get("state"));
  const filter = state ? { state } : {};
  const pages = usePages(
    (after, signal) => api.sweeps({ ...filter, limit: PAGE, ...(after && { after }) }, { signal }),
    [api, state, generation],
  );
  const newest = useNewest((signal) => api.sweeps({ ...filter, limit: PAGE }, { signal }), [api, state, pages.items]);
  const sweeps = pages.items && merged(newest?.data ?? [], pages.items);
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Sweeps</h1>
        <div class="actions">
          <LinkButton href="/new" icon="plus">
            New job
          </LinkButton>
        </div>
      </div>
      <div class="list-tools">
        <Segments
          label="Show sweeps that are"
          value={state ?? "all"}
          options={[{ value: "all", label: "All" }, ...SWEEP_STATES.map((value) => ({ value, label: stateLabel(value) }))]}
          onChange={(value) => router.setQuery({ state: value === "all" ? null : value })}
        />
      </div>
      {pages.error ? <Problem error={pages.error} retry={pages.reload} /> : null}
      <div class="card sweep-list">
        {sweeps ? <Sweeps sweeps={sweeps} isFiltered={state !== undefined} /> : <ListSkeleton />}
      </div>
      {pages.hasMore && (
        <Button busy={pages.loading} onClick={pages.loadMore}>
          Load {PAGE} more
        </Button>
      )}
    </div>
  );
}

/** Reads the first page again and again, more often while a sweep on it is open; not while the page is hidden. */
function useNewest(read: (signal: AbortSignal) => Promise<Page<Sweep>>, dependencies: readonly unknown[]): Page<Sweep> | null {
  const [round, setRound] = useState(0);
  const { data } = useResource(read, [...dependencies, round]);
  const isOpen = data?.data.some(({ finished_at }) => finished_at === null) ?? false;
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && setRound((count) => count + 1), isOpen ? OPEN_MS : QUIET_MS);
    return () => clearInterval(timer);
  }, [isOpen]);
  return data;
}

/** The newest version of each, those that came meanwhile first. */
function merged(newest: readonly Sweep[], items: readonly Sweep[]): readonly Sweep[] {
  const fresh = new Map(newest.map((sweep) => [sweep.id, sweep]));
  const known = new Set(items.map(({ id }) => id));
  return [...newest.filter(({ id }) => !known.has(id)), ...items.map((sweep) => fresh.get(sweep.id) ?? sweep)];
}

function Sweeps({ sweeps, isFiltered }: { readonly sweeps: readonly Sweep[]; readonly isFiltered: boolean }) {
  const now = useNow(5000);
  const empty = isFiltered ? (
    <Empty icon="sliders" title="No sweep is in this state" />
  ) : (
    <Empty
      icon="sliders"
      title="No sweeps yet"
      action={
        <LinkButton href="/new" variant="primary" icon="plus">
          New job
        </LinkButton>
      }
    >
      A sweep trains many variants of a job and keeps the best. To start one, turn a number of a new job into a range.
    </Empty>
  );
  return <Table caption="Sweeps" columns={columnsOf(now)} rows={sweeps} keyOf={({ id }) => id} empty={empty} />;
}

const columnsOf = (now: number): readonly Column<Sweep>[] => [
  {
    key: "name",
    title: "Name",
    sortBy: ({ name }) => name.toLowerCase(),
    render: (sweep) => (
      <span class="sweep-name">
        <a class="strong-link truncate" href={`/sweeps/${sweep.id}`}>
          {sweep.name}
        </a>
        <small class="muted truncate">{describeSweep(sweep)}</small>
      </span>
    ),
  },
  { key: "state", title: "State", sortBy: ({ state }) => state, render: ({ state }) => <StateBadge state={state} /> },
  {
    key: "trials",
    title: "Trials",
    sortBy: ({ progress }) => progress.total,
    render: ({ state, progress: { done, total } }) => (
      <span class="sweep-progress">
        <span>
          {formatCount(done)} of {formatCount(total)}
        </span>
        <Progress share={total === 0 ? 0 : done / total} tone={stateTone(state)} label="Trials done" />
      </span>
    ),
  },
  {
    key: "rate",
    title: "Trials/s",
    numeric: true,
    sortBy: ({ trials_per_second }) => trials_per_second,
    render: ({ trials_per_second }) => formatRate(trials_per_second),
  },
  {
    key: "best",
    title: "Best",
    numeric: true,
    sortBy: ({ progress: { best } }) => best?.value ?? null,
    render: ({ progress: { best }, spec }) => (
      <span>
        {formatValue(best?.value)} <small class="muted">{metricText(spec.objective.metric)}</small>
      </span>
    ),
  },
  {
    key: "created",
    title: "Created",
    sortBy: ({ created_at }) => created_at,
    render: ({ created_at }) => <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span>,
  },
];
