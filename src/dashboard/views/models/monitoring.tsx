/** A monitored model: how its rows and answers compare with its training rows, over windows, and the score of its answers. */
import type { Model } from "../../../client/answers.ts";
import {
  type AskedRow,
  createMonitoringClient,
  fallenScoreText,
  liveScoreText,
  type MonitoringReport,
  monitoringSentence,
} from "../../../client/monitoring/monitoring.ts";
import { useApp } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatCount, formatTime, formatValue } from "../../shell/format.ts";
import { usePages } from "../../shell/pages.ts";
import { useResource } from "../../shell/resource.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Facts, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Deliveries, SHOWN_DELIVERIES } from "../../webhooks/deliveries.tsx";

type ColumnReport = MonitoringReport["columns"][number] & { readonly history: readonly number[] };

/** Windows that are shown. */
const WINDOWS = 24;

export function Monitoring({ model }: { readonly model: Model }) {
  const { api } = useApp();
  const { data, error, reload } = useResource(
    (signal) => createMonitoringClient(api.transport).monitoring(model.id, { windows: WINDOWS }, { signal }),
    [model.id],
  );
  const now = useNow(5000);
  if (error) return <Problem error={error} retry={reload} />;
  if (!data) return <Skeleton height="320px" />;
  const { rows, windows, columns, feedback, updated_at } = data;
  const score = liveScoreText(feedback, formatValue);
  const fallen = fallenScoreText(data, formatValue);
  const oldestFirst = windows.toReversed();
  const shown = columns.map((column, index) => ({
    ...column,
    history: oldestFirst.flatMap(({ psi }) => psi[index] ?? []),
  }));
  return (
    <div class="stack">
      <h2>{monitoringSentence(data)}</h2>
      <Facts
        facts={[
          { label: "Rows", value: formatCount(rows) },
          { label: "Windows", value: formatCount(windows[0]?.number ?? 0) },
          { label: "Last row", value: updated_at && rows > 0 ? formatAgo(updated_at, now) : "never" },
          { label: "Labelled answers", value: formatCount(feedback.labelled) },
        ]}
      />
      {score !== null && <p>Live score: {score}.</p>}
      {fallen !== null && (
        <p>
          <span class="badge plain" data-tone="bad">
            fallen
          </span>{" "}
          {fallen}.
        </p>
      )}
      {windows.length > 0 && (
        <Card title={`Columns of the last window, ${formatCount(windows[0]?.rows ?? 0)} rows`} flush>
          <Table caption="Columns" columns={COLUMNS} rows={shown} keyOf={({ name, role }) => `${role} ${name}`} />
        </Card>
      )}
      {data.sample && <AskedRows model={model} most={data.sample.rows} />}
      <Deliveries
        title="Webhook"
        webhook={data.webhook}
        load={(signal) =>
          createMonitoringClient(api.transport).modelWebhookDeliveries(model.id, { limit: SHOWN_DELIVERIES }, { signal })
        }
        of={[model.id]}
      />
      <p class="muted">
        PSI, the population stability index, is 0 if rows are like those of training. A column has drifted if it is at least 0.1
        and chance does not explain it.
      </p>
    </div>
  );
}

/** Rows of the sample shown first, and added with each click. */
const ROWS = 20;

/** The sample of what the model was asked. */
function AskedRows({ model, most }: { readonly model: Model; readonly most: number }) {
  const { api } = useApp();
  const pages = usePages(
    (after, signal) =>
      createMonitoringClient(api.transport).askedRows(model.id, { ...(after && { after }), limit: ROWS }, { signal }),
    [model.id],
  );
  const now = useNow(5000);
  if (pages.error) return <Problem error={pages.error} retry={pages.reload} />;
  if (!pages.items) return <Skeleton height="200px" />;
  return (
    <Card title={`Sample of the rows, the newest ${formatCount(most)}`} flush>
      <Table
        caption="Rows"
        columns={askedColumns(now)}
        rows={pages.items}
        keyOf={({ number }) => String(number)}
        empty={<p class="muted card-body">No row was asked since the sample was switched on.</p>}
      />
      {pages.hasMore && (
        <div class="card-body">
          <Button busy={pages.loading} onClick={pages.loadMore}>
            Load {ROWS} more
          </Button>
        </div>
      )}
    </Card>
  );
}

/** Wraps on a phone too, which scrolls to it. */
const ROW = {
  ...{ display: "inline-block", minWidth: "220px", paddingBlock: "6px" },
  ...{ whiteSpace: "normal", overflowWrap: "anywhere" },
} as const;

const askedColumns = (now: number): readonly Column<AskedRow>[] => [
  {
    key: "at",
    title: "Asked",
    render: ({ asked_at }) => (
      <span style={{ whiteSpace: "nowrap" }} title={formatTime(asked_at)}>
        {formatAgo(asked_at, now)}
      </span>
    ),
  },
  { key: "answer", title: "Answer", render: ({ answer }) => (typeof answer === "number" ? formatValue(answer) : answer) },
  { key: "row", title: "Row", render: ({ row }) => <code style={ROW}>{JSON.stringify(row)}</code> },
];

const share = (value: number | null): string => (value === null ? "" : `${formatValue(100 * value)} %`);

const COLUMNS: readonly Column<ColumnReport>[] = [
  {
    key: "name",
    title: "Column",
    render: ({ name, role, drifted }) => (
      <>
        {role === "answer" ? `answer: ${name}` : name}{" "}
        {drifted && (
          <span class="badge plain" data-tone="bad">
            drifted
          </span>
        )}
      </>
    ),
  },
  { key: "psi", title: "PSI", numeric: true, render: ({ psi }) => (psi === null ? "" : psi.toFixed(3)) },
  { key: "history", title: "Over windows", render: ({ history, name }) => <History values={history} name={name} /> },
  { key: "missing", title: "Missing", numeric: true, render: ({ missing }) => share(missing.window) },
  { key: "unseen", title: "Unseen", numeric: true, render: ({ unseen }) => share(unseen) },
];

const WIDTH = 96;
const HEIGHT = 20;
/** The index that fills the height: 0.25 is a large change. */
const FULL = 0.25;

/** A bar for each window, the oldest first. */
function History({ values, name }: { readonly values: readonly number[]; readonly name: string }) {
  const step = WIDTH / WINDOWS;
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={`PSI of ${name} over ${values.length} windows`}>
      {values.map((value, index) => {
        const height = Math.max(1, HEIGHT * Math.min(1, value / FULL));
        return (
          <rect
            key={index}
            x={index * step}
            y={HEIGHT - height}
            width={step - 1}
            height={height}
            fill="currentColor"
            opacity={value >= 0.1 ? 1 : 0.4}
          />
        );
      })}
    </svg>
  );
}
