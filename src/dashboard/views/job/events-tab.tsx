/** The events of a job in their sequence, as its stream sends them: states, and chunks of epochs. */
import { useEffect, useState } from "preact/hooks";
import type { EventPage, Job } from "../../../client/answers.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatTime, formatValue } from "../../shell/format.ts";
import { Button } from "../../ui/button.tsx";
import { stateLabel } from "../../ui/state-badge.tsx";
import { Card, Problem } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";

/** A page of events has every epoch of its chunks, so a few chunks are much data. */
const PAGE_EVENTS = 20;
/** Most lines that are kept; older ones are dropped. */
const MAX_LINES = 500;

type Event = EventPage["data"][number];
/** What is shown of an event; the epochs themselves are not kept. */
interface Line {
  readonly seq: number;
  readonly type: Event["type"];
  readonly what: string;
  readonly at: string;
}

interface State {
  readonly lines: readonly Line[];
  /** The sequence number of the last line. */
  readonly after: number;
  /** Whether the last line is the newest event; from there on the stream is followed. */
  readonly atEnd: boolean;
  readonly busy: boolean;
  readonly error: unknown;
}

const NOTHING: State = { lines: [], after: 0, atEnd: false, busy: false, error: null };

export function EventsTab({ job }: { readonly job: Job }) {
  const { lines, atEnd, busy, error, load } = useEvents(job.id);
  return (
    <Card title="Events" flush>
      <Table caption="Events" columns={COLUMNS} rows={lines} keyOf={({ seq }) => String(seq)} />
      <div class="card-body row wrap">
        {error ? <Problem error={error} retry={load} /> : null}
        <span class="muted grow">
          {lines.length === MAX_LINES && `The newest ${MAX_LINES} are shown. `}
          <code>/events</code>, SSE and WebSocket send this sequence; a reader can resume after any number.
        </span>
        {!atEnd && (
          <Button busy={busy} onClick={load}>
            Load more
          </Button>
        )}
        {atEnd && !isOver(job) && <span class="muted">New events appear here.</span>}
      </div>
    </Card>
  );
}

/** The events of a job: read by pages, then followed. */
function useEvents(id: string): State & { load(): void } {
  const { api, live } = useApp();
  const [state, setState] = useState(NOTHING);
  const { after, atEnd } = state;
  const add = (events: readonly Event[], next: Partial<State>) =>
    setState((now) => ({ ...now, ...next, lines: [...now.lines, ...events.map(lineOf)].slice(-MAX_LINES) }));
  const load = async (from: number, signal?: AbortSignal): Promise<void> => {
    setState((now) => ({ ...now, busy: true, error: null }));
    try {
      const page = await api.events(id, { after: from, limit: PAGE_EVENTS }, { signal });
      add(page.data, { after: page.next_after, atEnd: !page.has_more, busy: false });
    } catch (error) {
      if (!signal?.aborted) setState((now) => ({ ...now, busy: false, error }));
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    setState(NOTHING);
    void load(0, abort.signal);
    return () => abort.abort();
  }, [id]);
  useEffect(() => {
    if (!atEnd) return;
    return live.follow(id, after, (frame) => frame.type !== "end" && add([frame], { after: frame.seq }));
  }, [id, atEnd]);
  return { ...state, load: () => void load(after) };
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
