/** The webhook deliveries of a monitored model, or of a run of a schedule. */
import { useEffect } from "preact/hooks";
import type { Page } from "../../client/answers.ts";
import { lastTryText, type WebhookDelivery } from "../../client/monitoring/deliveries.ts";
import { useNow } from "../shell/clock.ts";
import { formatAgo, formatTime } from "../shell/format.ts";
import { useResource } from "../shell/resource.ts";
import { Card, Problem } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

/** Number of messages shown and requested. */
export const SHOWN_DELIVERIES = 20;

/** How soon it is read again while a message is pending. */
const LOOK_MS = 3000;

interface DeliveriesProps {
  readonly title: string;
  /** The address of the next message; null: none. Without it and without a message there is nothing to show. */
  readonly webhook: string | null;
  readonly load: (signal: AbortSignal) => Promise<Page<WebhookDelivery>>;
  /** What `load` depends on. */
  readonly of: readonly unknown[];
}

export function Deliveries({ title, webhook, load, of }: DeliveriesProps) {
  const { data, error, reload } = useResource(load, of);
  const now = useNow(5000);
  const isOnItsWay = data?.data.some(({ state }) => state === "pending") ?? false;
  useEffect(() => {
    if (!isOnItsWay) return;
    const timer = setTimeout(reload, LOOK_MS);
    return () => clearTimeout(timer);
  }, [data]);
  if (error) return <Problem error={error} retry={reload} />;
  if (!data || (data.data.length === 0 && webhook === null)) return null;
  return (
    <Card title={title} flush>
      <Table
        caption="Messages"
        columns={columnsOf(now)}
        rows={data.data}
        keyOf={({ id }) => id}
        empty={
          <p class="muted card-body" style={ANYWHERE}>
            Nothing was sent to {webhook} yet.
          </p>
        }
      />
    </Card>
  );
}

/** Addresses have no spaces to break at. */
const ANYWHERE = { overflowWrap: "anywhere" } as const;
const ONE_LINE = { whiteSpace: "nowrap" } as const;
/** Wraps, and a phone scrolls to it rather than narrows it. */
const LONG = { ...ANYWHERE, display: "inline-block", minWidth: "140px", paddingBlock: "6px" } as const;

const columnsOf = (now: number): readonly Column<WebhookDelivery>[] => [
  {
    key: "at",
    title: "Message",
    render: ({ created_at }) => (
      <span style={ONE_LINE} title={formatTime(created_at)}>
        {formatAgo(created_at, now)}
      </span>
    ),
  },
  { key: "state", title: "State", render: ({ state }) => <span style={ONE_LINE}>{state}</span> },
  { key: "try", title: "Last try", render: (delivery) => <span style={LONG}>{lastTryText(delivery)}</span> },
  {
    key: "url",
    title: "Address",
    render: ({ url }) => <span style={LONG}>{url}</span>,
  },
];
