/** The part of the view for runs that MLflow's clients have logged, optionally with the server's own, and the curves of the chosen ones. */
import { useState } from "preact/hooks";
import { useApp, useTitle } from "../../../shell/app-context.ts";
import { useNow } from "../../../shell/clock.ts";
import { formatAgo, formatDuration, formatValue } from "../../../shell/format.ts";
import { usePages } from "../../../shell/pages.ts";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { Segments } from "../../../ui/field.tsx";
import { Empty, ListSkeleton, Problem } from "../../../ui/surfaces.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { Curves } from "./curves.tsx";
import { type Run, readRuns, tagOf } from "./read-runs.ts";

/** Most runs whose curves are shown together. */
const MAX_CHOSEN = 8;
/** Most metrics and parameters that a row names. */
const NAMED = 3;

const SHOWN = [
  { value: "logged", label: "Logged" },
  { value: "all", label: "With this server's" },
] as const;

const STATUS: Readonly<Record<Run["info"]["status"], string>> = {
  RUNNING: "running",
  SCHEDULED: "scheduled",
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "stopped",
};

interface Row {
  readonly run: Run;
  readonly experiment: string;
}

export function LoggedRuns({ shown }: { readonly shown: (typeof SHOWN)[number]["value"] }) {
  const { api, router } = useApp();
  useTitle("Logged runs");
  const pages = usePages((after, signal) => readRuns(api.transport, shown === "all", after, signal), [shown]);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const now = useNow(5000);
  const toggle = (id: string) =>
    setChosen((ids) => (ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id].slice(-MAX_CHOSEN)));
  const runs = (pages.items ?? []).flatMap(({ run }) => (chosen.includes(run.info.run_id) ? run : []));
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Logged runs</h1>
        <div class="actions">
          <LinkButton href="/compare">Compare jobs</LinkButton>
          <Button icon="refresh" onClick={pages.reload}>
            Refresh
          </Button>
        </div>
      </div>
      <div class="list-tools">
        <Segments label="Which runs" value={shown} options={SHOWN} onChange={(value) => router.setQuery({ runs: value })} />
        <span class="muted">{`Choose up to ${MAX_CHOSEN} to see their curves`}</span>
      </div>
      {pages.error ? <Problem error={pages.error} retry={pages.reload} /> : null}
      <div class="card">
        {pages.items ? (
          <Table
            caption="Runs"
            columns={columnsOf(now, chosen, toggle)}
            rows={pages.items}
            keyOf={({ run }) => run.info.run_id}
            empty={<NoRuns />}
          />
        ) : (
          <ListSkeleton />
        )}
      </div>
      {pages.hasMore && (
        <Button busy={pages.loading} onClick={pages.loadMore}>
          Load 100 more
        </Button>
      )}
      {runs.length > 0 && <Curves runs={runs} />}
    </div>
  );
}

function NoRuns() {
  return (
    <Empty icon="list" title="No runs logged yet">
      Point MLflow here: set MLFLOW_TRACKING_URI to the address of this server.
    </Empty>
  );
}

function columnsOf(now: number, chosen: readonly string[], onToggle: (id: string) => void): readonly Column<Row>[] {
  return [
    {
      key: "chosen",
      title: <span class="visually-hidden">Show curves</span>,
      render: ({ run: { info } }) => (
        <input
          type="checkbox"
          aria-label={`Show the curves of ${info.run_name}`}
          checked={chosen.includes(info.run_id)}
          onChange={() => onToggle(info.run_id)}
        />
      ),
    },
    { key: "name", title: "Name", sortBy: ({ run }) => run.info.run_name, render: ({ run }) => <RunName run={run} /> },
    { key: "experiment", title: "Experiment", sortBy: ({ experiment }) => experiment, render: ({ experiment }) => experiment },
    { key: "status", title: "Status", sortBy: ({ run }) => run.info.status, render: ({ run }) => STATUS[run.info.status] },
    {
      key: "metrics",
      title: "Metrics",
      render: ({ run }) => named(run.data.metrics.map(({ key, value }) => `${key} ${formatValue(Number(value))}`)),
    },
    {
      key: "params",
      title: "Parameters",
      render: ({ run }) => named(run.data.params.map(({ key, value }) => `${key} ${value}`)),
    },
    {
      key: "started",
      title: "Started",
      sortBy: ({ run }) => run.info.start_time,
      render: ({ run: { info } }) => formatAgo(info.start_time, now),
    },
    {
      key: "took",
      title: "Took",
      numeric: true,
      sortBy: ({ run: { info } }) => (info.end_time === undefined ? null : info.end_time - info.start_time),
      render: ({ run: { info } }) =>
        formatDuration(info.end_time === undefined ? null : (info.end_time - info.start_time) / 1000),
    },
  ];
}

/** The first few of a list, in a column that a phone scrolls to rather than narrows. */
const named = (all: readonly string[]) => (
  <span style={{ display: "inline-block", minWidth: "220px" }}>
    {all.slice(0, NAMED).join(", ") + (all.length > NAMED ? `, and ${all.length - NAMED} more` : "")}
  </span>
);

/** A job and a sweep have a view of their own. */
function RunName({ run }: { readonly run: Run }) {
  const { run_id, run_name } = run.info;
  const kind = tagOf(run, "trainyard.kind");
  const address = kind === "job" ? `/jobs/${run_id}` : kind === "sweep" ? `/sweeps/${run_id}` : null;
  return address ? <a href={address}>{run_name}</a> : <span title={run_id}>{run_name}</span>;
}
