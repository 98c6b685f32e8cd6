/** The sequence of a job's events, as every reader of its stream gets them: states, and chunks of epochs. */
import { useEffect, useState } from "preact/hooks";
import type { EventPage, Job } from "../../../client/answers.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatTime, formatValue } from "../../shell/format.ts";
import { Button } from "../../ui/button.tsx";
import { stateLabel } from "../../ui/state-badge.tsx";
import { Card, Problem } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";

/** A page of events holds every epoch of its chunks: a few chunks are much already. */
const PAGE_EVENTS = 20;
/** Older lines go when there are more. */
const MOST_LINES = 500;

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
  /** The number after which there is more, if there is. */
  readonly after: number;
  /** Whether the page is at the end of what has happened: from there on it follows. */
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
          {lines.length === MOST_LINES && `The newest ${MOST_LINES} are shown. `}
          The same sequence over <code>/events</code>, SSE and WebSocket; a reader goes on after any number.
        </span>
        {!atEnd && (
          <Button busy={busy} onClick={load}>
            Load more
          </Button>
        )}
        {atEnd && !isOver(job) && <span class="muted">New ones appear here.</span>}
      </div>
    </Card>
  );
}

/** The events of a job: read by pages, and followed from their end on. */
function useEvents(id: string): State & { load(): void } {
  const { api, live } = useApp();
  const [state, setState] = useState(NOTHING);
  const { after, atEnd } = state;
  const add = (events: readonly Event[], next: Partial<State>) =>
    setState((now) => ({ ...now, ...next, lines: [...now.lines, ...events.map(lineOf)].slice(-MOST_LINES) }));
  const load = async (from: number, signal?: AbortSignal): Promise<void> => {
    setState((now) => ({ ...now, busy: true, error: null }));
    try {
      const page = await api.events(id, { after: from, limit: PAGE_EVENTS, ...(signal && { signal }) });
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
