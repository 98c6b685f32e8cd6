/** One schedule: its times, source, runs and actions. */
import { useEffect, useState } from "preact/hooks";
import type { Schedule, ScheduleRun } from "../../../../client/schedules.ts";
import { useApp, useTitle } from "../../../shell/app-context.ts";
import { useNow } from "../../../shell/clock.ts";
import { formatAgo, formatCount, formatDuration, formatTime } from "../../../shell/format.ts";
import { usePages } from "../../../shell/pages.ts";
import { useResource } from "../../../shell/resource.ts";
import { Button } from "../../../ui/button.tsx";
import { Confirm } from "../../../ui/dialog.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Card, Empty, Facts, ListSkeleton, Problem, Skeleton } from "../../../ui/surfaces.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { Deliveries, SHOWN_DELIVERIES } from "../../../webhooks/deliveries.tsx";
import { cronInWords } from "./cron-words.ts";
import { CELL, LIST, ONE_LINE, RunBadge, reasonOf, sourceText, useMayChange, useSchedules, zonedTime } from "./parts.tsx";

const PAGE = 50;
/** How often a schedule is read again: during a run, and otherwise. */
const ACTIVE_MS = 1000;
const IDLE_MS = 30_000;

/** A figure of several words: on a phone it takes more than a line. */
const WRAPPED = { whiteSpace: "normal" } as const;

const isActive = (run: ScheduleRun | null): boolean => run !== null && run.finished_at === null;

export function OneSchedule({ id }: { readonly id: string }) {
  const schedules = useSchedules();
  const { data, error, loading, reload, replace } = useResource((signal) => schedules.schedule(id, { signal }), [id]);
  useTitle(data?.name ?? "Schedule");
  const interval = isActive(data?.last_run ?? null) ? ACTIVE_MS : IDLE_MS;
  useEffect(() => {
    if (loading || error) return;
    const timer = setTimeout(reload, interval);
    return () => clearTimeout(timer);
  }, [loading, error, interval]);
  return (
    <div class="page">
      <nav class="breadcrumb" aria-label="Path">
        <a href="/datasets">Data sets</a>
        <Icon name="chevron_right" size={12} />
        <a href={LIST}>Schedules</a>
        <Icon name="chevron_right" size={12} />
        <span class="truncate">{id}</span>
      </nav>
      {error ? <Problem error={error} retry={reload} /> : null}
      {data ? (
        <Shown schedule={data} replace={replace} reload={reload} />
      ) : (
        <h1 tabIndex={-1}>
          <Skeleton width="160px" />
        </h1>
      )}
    </div>
  );
}

interface ShownProps {
  readonly schedule: Schedule;
  replace(schedule: Schedule): void;
  reload(): void;
}

function Shown({ schedule, replace, reload }: ShownProps) {
  const { cron, timezone, paused, next_at: next, promote, source, keep, webhook, last_run: last } = schedule;
  const schedules = useSchedules();
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>{schedule.name}</h1>
        {useMayChange() && <Actions schedule={schedule} replace={replace} reload={reload} />}
      </div>
      <Facts
        facts={[
          { label: "Times", value: <span style={WRAPPED}>{cronInWords(cron)}</span>, note: timezone, wide: true },
          {
            label: "Next",
            value: <span style={WRAPPED}>{paused ? "paused" : next === null ? "never" : zonedTime(next)}</span>,
            wide: true,
          },
          {
            label: "Promotes",
            value: promote ? promote.alias : "nothing",
            wide: true,
            ...(promote && { note: promote.min_gain === 0 ? "if better" : `if better by ${promote.min_gain}` }),
          },
          {
            label: "Keeps",
            value: keep === null ? "all tables" : keep === 1 ? "1 table" : `${formatCount(keep)} tables`,
          },
        ]}
      />
      <Card title="Source">
        <p style={{ overflowWrap: "anywhere" }}>{sourceText(source)}</p>
        {source.postgres && <pre style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{source.postgres.query}</pre>}
        {source.headers && <p class="muted">With headers: {source.headers.join(", ")}</p>}
      </Card>
      <Runs schedule={schedule} />
      {last && (
        <Deliveries
          title="Webhook of the last run"
          webhook={webhook?.url ?? null}
          load={(signal) => schedules.runWebhookDeliveries(schedule.id, last.id, { limit: SHOWN_DELIVERIES }, { signal })}
          of={[last.id, last.state]}
        />
      )}
    </>
  );
}

function Runs({ schedule: { id, last_run: last } }: Pick<ShownProps, "schedule">) {
  const schedules = useSchedules();
  const now = useNow(5000);
  const pages = usePages(
    (after, signal) => schedules.scheduleRuns(id, { after, limit: PAGE }, { signal }),
    [id, last?.id, last?.state],
  );
  return (
    <Card title="Runs" flush>
      {pages.error ? <Problem error={pages.error} retry={pages.reload} /> : null}
      {pages.items ? (
        <Table
          caption="Runs"
          columns={columnsOf(now)}
          rows={pages.items}
          keyOf={(run) => run.id}
          empty={
            <Empty icon="clock" title="No runs yet">
              The first comes at its next time, or when it is asked for.
            </Empty>
          }
        />
      ) : (
        <ListSkeleton />
      )}
      {pages.hasMore && (
        <div class="card-body">
          <Button busy={pages.loading} onClick={pages.loadMore}>
            Load {PAGE} more
          </Button>
        </div>
      )}
    </Card>
  );
}

const columnsOf = (now: number): readonly Column<ScheduleRun>[] => [
  {
    key: "begun",
    title: "Begun",
    sortBy: ({ created_at }) => created_at,
    render: ({ created_at, due_at }) => (
      <span style={ONE_LINE} title={formatTime(created_at)}>
        {formatAgo(created_at, now)} {due_at === null && <small class="muted">asked for</small>}
      </span>
    ),
  },
  { key: "outcome", title: "Outcome", sortBy: ({ state }) => state, render: (run) => <RunBadge state={run.state} /> },
  {
    key: "reason",
    title: "Why",
    render: (run) => <span style={CELL}>{reasonOf(run) || <span class="muted">–</span>}</span>,
  },
  { key: "dataset", title: "Data set", render: ({ dataset }) => link(dataset, "/datasets", "rows") },
  { key: "job", title: "Job", render: ({ job }) => link(job, "/jobs", "job") },
  {
    key: "model",
    title: "Model",
    render: ({ model }) => link(model?.id ?? null, "/models", `${model?.name}@${model?.version}`),
  },
  {
    key: "took",
    title: "Took",
    numeric: true,
    render: ({ created_at, finished_at }) =>
      formatDuration(finished_at === null ? null : (Date.parse(finished_at) - Date.parse(created_at)) / 1000),
  },
];

const link = (id: string | null, section: string, text: string) =>
  id === null ? (
    <span class="muted">–</span>
  ) : (
    <a style={ONE_LINE} href={`${section}/${id}`} title={id}>
      {text}
    </a>
  );

function Actions({ schedule, replace, reload }: ShownProps) {
  const { id, name, paused, last_run: last } = schedule;
  const { router, toasts } = useApp();
  const schedules = useSchedules();
  const [busy, setBusy] = useState<"run" | "pause" | null>(null);
  const [asking, setAsking] = useState(false);
  const perform = async (action: "run" | "pause", change: () => Promise<void>): Promise<void> => {
    setBusy(action);
    await change().catch(toasts.fail);
    setBusy(null);
  };
  const run = async () => {
    replace({ ...schedule, last_run: await schedules.runSchedule(id) });
    reload();
  };
  const remove = async () => {
    try {
      await schedules.removeSchedule(id);
      toasts.say(`Deleted ${name}.`);
      router.navigate(LIST, { replace: true });
    } catch (error) {
      toasts.fail(error);
    }
  };
  return (
    <div class="actions">
      <Button variant="primary" icon="bolt" busy={busy === "run" || isActive(last)} onClick={() => void perform("run", run)}>
        {isActive(last) ? "Running" : "Run now"}
      </Button>
      <Button
        icon={paused ? "play" : "pause"}
        busy={busy === "pause"}
        onClick={() => void perform("pause", async () => replace(await schedules.changeSchedule(id, { paused: !paused })))}
      >
        {paused ? "Resume" : "Pause"}
      </Button>
      <Button icon="trash" variant="danger" onClick={() => setAsking(true)}>
        Delete
      </Button>
      {asking && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete"
          icon="trash"
          danger
          onClose={() => setAsking(false)}
          onConfirm={() => void remove()}
        >
          Its runs and the keys of its source are deleted for good. Data sets, jobs and models stay.
        </Confirm>
      )}
    </div>
  );
}
