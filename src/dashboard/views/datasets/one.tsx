/** One data set: its columns, its first rows, and its actions. */
import { useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import type { Column as DatasetColumn } from "../../../domain/datasets/dataset.ts";
import type { Note } from "../../../domain/notes.ts";
import { ColumnPicture, columnSummary } from "../../datasets/column-picture.tsx";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatBytes, formatCount, formatShare, formatTime, formatValue } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Notes } from "../../ui/notes.tsx";
import { Card, Facts, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { AuditForm } from "./audit-form.tsx";
import { ForgetForm } from "./forget-form.tsx";

const PREVIEW_ROWS = 20;
/** How many columns are shown at first; of a wider table the rest follow on request. */
const COLUMNS_AT_ONCE = 100;

export function OneDataset({ id }: { readonly id: string }) {
  const { api } = useApp();
  const { data, error, reload } = useResource((signal) => api.dataset(id, { signal }), [id]);
  useTitle(data?.name ?? "Data set");
  return (
    <div class="page">
      <nav class="breadcrumb" aria-label="Path">
        <a href="/datasets">Data sets</a>
        <Icon name="chevron_right" size={12} />
        <span class="truncate">{id}</span>
      </nav>
      {error ? <Problem error={error} retry={reload} /> : null}
      {data ? <Shown dataset={data} /> : <Waiting />}
    </div>
  );
}

function Waiting() {
  return (
    <>
      <h1 tabIndex={-1}>
        <Skeleton width="160px" />
      </h1>
      <Skeleton height="66px" />
      <Skeleton height="320px" />
    </>
  );
}

function Shown({ dataset }: { readonly dataset: Dataset & { readonly notes?: readonly Note[] } }) {
  const { notes = [] } = dataset;
  const { rows, columns, bytes, format, created_at } = dataset;
  const [shown, setShown] = useState(COLUMNS_AT_ONCE);
  const now = useNow(5000);
  const missing = columns.reduce((total, column) => total + column.missing, 0);
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>{dataset.name}</h1>
        <Actions dataset={dataset} />
      </div>
      <Facts
        facts={[
          { label: "Rows", value: formatCount(rows) },
          { label: "Columns", value: formatCount(columns.length) },
          { label: "Missing values", value: formatCount(missing), note: formatShare(missing / (rows * columns.length || 1)) },
          { label: "Size", value: formatBytes(bytes), note: format },
          { label: "Uploaded", value: <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span> },
        ]}
      />
      <Notes notes={notes} title="How the file was read" />
      <Card title="Columns" flush>
        <Table caption="Columns" columns={COLUMNS(rows)} rows={columns.slice(0, shown)} keyOf={({ name }) => name} />
        {columns.length > shown && (
          <div class="card-body">
            <Button onClick={() => setShown(shown + COLUMNS_AT_ONCE)}>
              Show more of the {formatCount(columns.length)} columns
            </Button>
          </div>
        )}
      </Card>
      <AuditForm dataset={dataset} />
      <Preview id={dataset.id} />
      <ForgetForm dataset={dataset} />
    </>
  );
}

const COLUMNS = (rows: number): readonly Column<DatasetColumn>[] => [
  { key: "name", title: "Name", sortBy: ({ name }) => name, render: ({ name }) => <strong class="column-name">{name}</strong> },
  { key: "type", title: "Type", sortBy: ({ type }) => type, render: ({ type }) => <span class="badge plain">{type}</span> },
  { key: "picture", title: "Distribution", render: (column) => <ColumnPicture column={column} /> },
  { key: "summary", title: "Values", render: (column) => <span class="column-summary">{columnSummary(column)}</span> },
  {
    key: "sd",
    title: "SD",
    numeric: true,
    sortBy: ({ statistics }) => statistics?.sd ?? null,
    render: ({ type, statistics }) => (statistics && type !== "datetime" ? formatValue(statistics.sd) : "–"),
  },
  {
    key: "distinct",
    title: "Distinct",
    numeric: true,
    sortBy: ({ distinct }) => distinct,
    render: ({ distinct }) => formatCount(distinct),
  },
  {
    key: "missing",
    title: "Missing",
    numeric: true,
    sortBy: ({ missing }) => missing,
    render: ({ missing }) => (missing === 0 ? "0" : `${formatCount(missing)} (${formatShare(missing / (rows || 1))})`),
  },
];

function Preview({ id }: { readonly id: string }) {
  const { api } = useApp();
  const { data, error, reload } = useResource((signal) => api.preview(id, { rows: PREVIEW_ROWS }, { signal }), [id]);
  const numeric = data?.columns.map((_, column) => data.rows.every((row) => typeof (row[column] ?? 0) === "number")) ?? [];
  return (
    <Card title="First rows" flush>
      {error ? <Problem error={error} retry={reload} /> : null}
      {data ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keys.
        <section class="table-scroll preview" tabIndex={0} aria-label="First rows">
          <table class="table">
            <caption class="visually-hidden">The first {data.rows.length} rows</caption>
            <thead>
              <tr>
                {data.columns.map((name, column) => (
                  <th key={name} scope="col" class={numeric[column] ? "num" : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((value, column) => (
                    <td key={column} class={numeric[column] ? "num" : undefined}>
                      {value === null ? <span class="muted">missing</span> : String(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : (
        <div class="card-body">
          <Skeleton height="240px" />
        </div>
      )}
    </Card>
  );
}

function Actions({ dataset: { id, name } }: { readonly dataset: Dataset }) {
  const { api, router, toasts } = useApp();
  const [asking, setAsking] = useState(false);
  const remove = async (): Promise<void> => {
    try {
      await api.removeDataset(id);
      toasts.say(`Deleted ${name}.`);
      router.navigate("/datasets", { replace: true });
    } catch (error) {
      toasts.fail(error);
    }
  };
  return (
    <div class="actions">
      <LinkButton href={`/new?dataset=${id}`} variant="primary" icon="bolt">
        Train on it
      </LinkButton>
      <LinkButton href={`/playground?data=${id}`} icon="sliders">
        Play with it
      </LinkButton>
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
          Its rows are deleted for good. Models that were trained on it stay.
        </Confirm>
      )}
    </div>
  );
}
