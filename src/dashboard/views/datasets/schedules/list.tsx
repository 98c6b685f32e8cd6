/** All schedules: when each fetches its table, and the result of its last run. */
import type { Schedule, ScheduleRun } from "../../../../client/schedules.ts";
import { useTitle } from "../../../shell/app-context.ts";
import { useNow } from "../../../shell/clock.ts";
import { formatAgo, formatTime } from "../../../shell/format.ts";
import { usePages } from "../../../shell/pages.ts";
import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Empty, ListSkeleton, Problem } from "../../../ui/surfaces.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { cronInWords } from "./cron-words.ts";
import { CELL, ONE_LINE, RunBadge, reasonOf, sourceText, useSchedules, zonedTime } from "./parts.tsx";

const PAGE = 100;

export function ScheduleList() {
  const schedules = useSchedules();
  useTitle("Schedules");
  const now = useNow(5000);
  const pages = usePages((after, signal) => schedules.schedules({ after, limit: PAGE }, { signal }), []);
  return (
    <div class="page">
      <nav class="breadcrumb" aria-label="Path">
        <a href="/datasets">Data sets</a>
        <Icon name="chevron_right" size={12} />
        <span class="truncate">Schedules</span>
      </nav>
      <div class="page-head">
        <h1 tabIndex={-1}>Schedules</h1>
        <div class="actions">
          <Button icon="refresh" busy={pages.loading} onClick={pages.reload}>
            Refresh
          </Button>
        </div>
      </div>
      {pages.error ? <Problem error={pages.error} retry={pages.reload} /> : null}
      <div class="card">
        {pages.items ? (
          <Table
            caption="Schedules"
            columns={columnsOf(now)}
            rows={pages.items}
            keyOf={({ id }) => id}
            empty={
              <Empty icon="clock" title="No schedules yet">
                A schedule fetches a table at set times, and trains a model if the table has changed. Create one with{" "}
                <code>trainyard schedules create</code>.
              </Empty>
            }
          />
        ) : (
          <ListSkeleton />
        )}
      </div>
      {pages.hasMore && (
        <Button busy={pages.loading} onClick={pages.loadMore}>
          Load {PAGE} more
        </Button>
      )}
    </div>
  );
}

const columnsOf = (now: number): readonly Column<Schedule>[] => [
  {
    key: "name",
    title: "Name",
    sortBy: ({ name }) => name.toLowerCase(),
    render: ({ id, name }) => (
      <a class="strong-link" href={`/datasets/${id}`}>
        {name}
      </a>
    ),
  },
  { key: "last", title: "Last run", render: ({ last_run: run }) => (run ? <LastRun run={run} now={now} /> : "none yet") },
  {
    key: "next",
    title: "Next",
    sortBy: ({ next_at: next }) => next,
    render: ({ paused, next_at: next }) => (
      <span style={ONE_LINE}>{paused ? "paused" : next === null ? "never" : zonedTime(next)}</span>
    ),
  },
  { key: "times", title: "Times", render: ({ cron, timezone }) => <Times cron={cron} timezone={timezone} /> },
  {
    key: "source",
    title: "Source",
    sortBy: ({ source }) => sourceText(source),
    render: ({ source }) => (
      <span style={CELL} title={sourceText(source)}>
        {sourceText(source)}
      </span>
    ),
  },
];

function Times({ cron, timezone }: Pick<Schedule, "cron" | "timezone">) {
  return (
    <span style={CELL} title={cron}>
      {cronInWords(cron)} <small class="muted">{timezone}</small>
    </span>
  );
}

function LastRun({ run, now }: { readonly run: ScheduleRun; readonly now: number }) {
  return (
    <span style={CELL}>
      <RunBadge state={run.state} /> <small title={formatTime(run.created_at)}>{formatAgo(run.created_at, now)}</small>
      {reasonOf(run) !== "" && (
        <small class="muted" style={{ display: "block" }}>
          {reasonOf(run)}
        </small>
      )}
    </span>
  );
}
