/** All data sets, and an upload. */
import type { DatasetSummary } from "../../../client/answers.ts";
import { Uploader } from "../../datasets/uploader.tsx";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatBytes, formatCount, formatTime } from "../../shell/format.ts";
import { usePages } from "../../shell/pages.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Empty, ListSkeleton, Problem } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const PAGE = 100;

export function DatasetList() {
  const { api, router, toasts } = useApp();
  useTitle("Data sets");
  const pages = usePages((after, signal) => api.datasets({ after, limit: PAGE }, { signal }), []);
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Data sets</h1>
        <div class="actions">
          <LinkButton href="/datasets/schedules" icon="clock">
            Schedules
          </LinkButton>
        </div>
      </div>
      <Uploader
        onUploaded={({ id, name, rows }) => {
          toasts.say(`Uploaded ${name}: ${formatCount(rows)} rows.`);
          router.navigate(`/datasets/${id}`);
        }}
      />
      {pages.error ? <Problem error={pages.error} retry={pages.reload} /> : null}
      <div class="card">{pages.items ? <Datasets datasets={pages.items} /> : <ListSkeleton />}</div>
      {pages.hasMore && (
        <Button busy={pages.loading} onClick={pages.loadMore}>
          Load {PAGE} more
        </Button>
      )}
    </div>
  );
}

function Datasets({ datasets }: { readonly datasets: readonly DatasetSummary[] }) {
  const now = useNow(5000);
  return (
    <Table
      caption="Data sets"
      columns={columnsOf(now)}
      rows={datasets}
      keyOf={({ id }) => id}
      empty={
        <Empty
          icon="database"
          title="No data sets yet"
          action={
            <LinkButton href="/new" icon="plus">
              Start with a sample
            </LinkButton>
          }
        >
          Drop a table above to see its columns and to train on it.
        </Empty>
      }
    />
  );
}

function columnsOf(now: number): readonly Column<DatasetSummary>[] {
  return [
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
    { key: "rows", title: "Rows", numeric: true, sortBy: ({ rows }) => rows, render: ({ rows }) => formatCount(rows) },
    {
      key: "columns",
      title: "Columns",
      numeric: true,
      sortBy: ({ column_count }) => column_count,
      render: ({ column_count }) => formatCount(column_count),
    },
    { key: "format", title: "Format", sortBy: ({ format }) => format, render: ({ format }) => format },
    { key: "bytes", title: "Size", numeric: true, sortBy: ({ bytes }) => bytes, render: ({ bytes }) => formatBytes(bytes) },
    {
      key: "created",
      title: "Uploaded",
      sortBy: ({ created_at }) => created_at,
      render: ({ created_at }) => <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span>,
    },
    {
      key: "train",
      title: <span class="visually-hidden">Actions</span>,
      numeric: true,
      render: ({ id, name }) => (
        <LinkButton small href={`/new?dataset=${id}`} icon="bolt" label={`Train on ${name}`}>
          Train
        </LinkButton>
      ),
    },
  ];
}
