/** The sequence of a job's events, as every reader of its stream gets them: states, and slices of epochs. */
import { useEffect, useState } from "preact/hooks";
import type { EventPage, Job } from "../../client/answers.ts";
import { useApp } from "../shell/app-context.ts";
import { formatCount, formatTime, formatValue } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { stateLabel } from "../ui/state-badge.tsx";
import { Card, Problem } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

/** A page of events holds every epoch of its slices: a few slices are much already. */
const PAGE_EVENTS = 20;

type Event = EventPage["data"][number];
/** What is shown of an event; the epochs themselves are let go. */
interface Line {
  readonly seq: number;
  readonly type: Event["type"];
  readonly what: string;
  readonly at: string;
}

interface State {
  readonly lines: readonly Line[];
  readonly after: number;
  readonly more: boolean;
  readonly busy: boolean;
  readonly error: unknown;
}

export function EventsTab({ job }: { readonly job: Job }) {
  const { api } = useApp();
  const [state, setState] = useState<State>({ lines: [], after: 0, more: true, busy: false, error: null });
  const load = async (after: number, signal?: AbortSignal): Promise<void> => {
    setState((now) => ({ ...now, busy: true, error: null }));
    try {
      const page = await api.events(job.id, { after, limit: PAGE_EVENTS, ...(signal && { signal }) });
      setState((now) => ({
        lines: [...now.lines, ...page.data.map(lineOf)],
        after: page.next_after,
        more: page.has_more,
        busy: false,
        error: null,
      }));
    } catch (error) {
      if (!signal?.aborted) setState((now) => ({ ...now, busy: false, error }));
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    void load(0, abort.signal);
    return () => abort.abort();
  }, [job.id]);
  return (
    <Card title="Events" flush>
      <Table caption="Events" columns={COLUMNS} rows={state.lines} keyOf={({ seq }) => String(seq)} />
      <div class="card-body row">
        {state.error ? <Problem error={state.error} retry={() => void load(state.after)} /> : null}
        <span class="muted grow">
          The same sequence over <code>/events</code>, SSE and WebSocket; a reader goes on after any number.
        </span>
        <Button busy={state.busy} onClick={() => void load(state.after)}>
          {state.more ? "Load more" : "Look for newer"}
        </Button>
      </div>
    </Card>
  );
}

function lineOf(event: Event): Line {
  const { seq, type } = event;
  if (event.type === "state") return { seq, type, what: `${stateLabel(event.state)}: ${event.reason}`, at: event.at };
  const loss = event.series.loss?.at(-1);
  const epochs =
    event.from === event.to
      ? `Epoch ${formatCount(event.to)}`
      : `Epochs ${formatCount(event.from)} to ${formatCount(event.to)}`;
  return { seq, type, what: `${epochs}, loss ${formatValue(loss)}`, at: "" };
}

const COLUMNS: readonly Column<Line>[] = [
  { key: "seq", title: "Number", numeric: true, render: ({ seq }) => formatCount(seq) },
  { key: "type", title: "Type", render: ({ type }) => <code>{type}</code> },
  { key: "what", title: "What happened", render: ({ what }) => what },
  { key: "at", title: "When", render: ({ at }) => at && <time dateTime={at}>{formatTime(at)}</time> },
];
