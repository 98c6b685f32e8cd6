/** The table of jobs; only the rows on the screen are rendered. */
import type { RefObject } from "preact";
import type { DatasetNames } from "../../jobs/dataset-names.ts";
import { useApp } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { PHONE, useMedia } from "../../shell/media.ts";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Skeleton } from "../../ui/surfaces.tsx";
import { useRowWindow } from "../../ui/windowed.ts";
import { type JobColumn, type JobOrder, nextOrder } from "./columns.ts";
import type { Layout, Line } from "./groups.ts";
import type { JobListState } from "./list.ts";
import { useQueuePositions } from "./queue-positions.ts";
import { Row } from "./row.tsx";
import type { Selection } from "./selection.ts";
import type { Sparklines } from "./sparklines.ts";

/** Heights of a row on a wide screen and on a phone; styles/jobs.css has the same. */
const ROW_PX = 56;
const PHONE_ROW_PX = 124;
/** Height of the head of a group. */
export const HEAD_PX = 40;
const AGO_EVERY_MS = 5000;
const SKELETON_ROWS = 8;

/** Returns the height of a row on this screen. */
export const useRowPx = (): number => (useMedia(PHONE) ? PHONE_ROW_PX : ROW_PX);

export interface JobTableProps {
  readonly state: JobListState;
  /** The ids to show: the whole list, or what a search has found. */
  readonly shown: readonly string[];
  /** Their positions, with the heads of their groups. */
  readonly layout: Layout;
  readonly rows: RefObject<HTMLDivElement | null>;
  readonly rowPx: number;
  readonly selection: Selection;
  readonly sparklines: Sparklines;
  readonly searching: boolean;
  /** Those that are shown. */
  readonly columns: readonly JobColumn[];
  readonly names: DatasetNames;
  readonly order: JobOrder | null;
  /** Called with the new order for the address. */
  onOrder(order: string | null): void;
}

export function JobTable(props: JobTableProps) {
  const { state, shown, layout, rows, rowPx, selection, sparklines, searching, columns, names, order, onOrder } = props;
  const { api, board } = useApp();
  const now = useNow(AGO_EVERY_MS);
  const { lines, tops } = layout;
  const { start, end } = useRowWindow(rows, tops);
  const drawn = lines.slice(start, end);
  useQueuePositions(
    api,
    board,
    drawn.flatMap((line) => (line.kind === "job" ? line.id : [])),
  );
  const isEmpty = state.known && shown.length === 0 && !(searching && state.hasMore);
  return (
    <div
      class="card job-table"
      role="table"
      aria-label="Jobs"
      aria-rowcount={lines.length + 1}
      aria-busy={!state.known}
      style={{ "--job-columns": ["20px", ...columns.map(({ width }) => width)].join(" ") }}
    >
      <Head {...{ shown, selection, columns, order, onOrder }} />
      {isEmpty && (
        <Empty icon="search" title={searching ? "Nothing found" : "No such jobs"}>
          {searching ? "No job has all of these words in its name, id, data or network." : "No job is in this state."}
        </Empty>
      )}
      <div
        ref={rows}
        class="job-rows"
        role="rowgroup"
        style={{ height: `${Math.max(tops.at(-1) ?? 0, state.known ? 0 : SKELETON_ROWS * rowPx)}px` }}
      >
        {!state.known && Array.from({ length: SKELETON_ROWS }, (_, index) => <SkeletonRow key={index} top={index * rowPx} />)}
        {drawn.map((line, index) =>
          line.kind === "group" ? (
            <GroupHead key={`group ${line.title}`} line={line} top={tops[start + index] ?? 0} />
          ) : (
            <Row
              key={line.id}
              id={line.id}
              number={start + index + 1}
              rank={line.rank}
              top={tops[start + index] ?? 0}
              selected={selection.ids.has(line.id)}
              columns={columns}
              names={names}
              sparklines={sparklines}
              now={now}
              onSelect={selection.select}
            />
          ),
        )}
      </div>
    </div>
  );
}

function GroupHead({ line: { title, count }, top }: { readonly line: Extract<Line, { kind: "group" }>; readonly top: number }) {
  return (
    <div class="job-group" role="row" style={{ top: `${top}px` }}>
      <span role="rowheader" class="truncate">
        <strong>{title}</strong> <span class="muted">{count === 1 ? "1 job" : `${count} jobs`}</span>
      </span>
    </div>
  );
}

function Head({
  shown,
  selection,
  columns,
  order,
  onOrder,
}: Pick<JobTableProps, "shown" | "selection" | "columns" | "order" | "onOrder">) {
  const count = selection.ids.size;
  const all = shown.length > 0 && count >= shown.length;
  return (
    <div class="job-head" role="rowgroup">
      <div class="job-row" role="row" aria-rowindex={1}>
        <span class="c-select" role="columnheader">
          <input
            type="checkbox"
            aria-label="Select all jobs shown"
            checked={all}
            ref={(box) => {
              if (box) box.indeterminate = count > 0 && !all;
            }}
            onChange={() => (all ? selection.clear() : selection.set(shown))}
          />
        </span>
        {columns.map((column) => (
          <HeadCell key={column.key} column={column} order={order} onOrder={onOrder} />
        ))}
      </div>
    </div>
  );
}

interface HeadCellProps extends Pick<JobTableProps, "order" | "onOrder"> {
  readonly column: JobColumn;
}

function HeadCell({ column, order, onOrder }: HeadCellProps) {
  const { key, title, numeric } = column;
  const isSorted = order?.column.key === key;
  return (
    <span
      class={`c-${key}${numeric ? " num" : ""}`}
      role="columnheader"
      aria-sort={isSorted ? (order.descending ? "descending" : "ascending") : undefined}
    >
      <button type="button" class="sort" onClick={() => onOrder(nextOrder(order, column))}>
        {title}
        <Icon name="arrow_down" size={12} />
      </button>
    </span>
  );
}

function SkeletonRow({ top }: { readonly top: number }) {
  return (
    <div class="job-row" aria-hidden="true" style={{ top: `${top}px` }}>
      <span class="c-name">
        <Skeleton width="60%" height="12px" />
        <Skeleton width="40%" height="10px" />
      </span>
      <span class="c-state">
        <Skeleton width="80px" height="20px" />
      </span>
      <span class="c-progress">
        <Skeleton height="4px" />
      </span>
      <span class="c-loss">
        <Skeleton width="120px" height="12px" />
      </span>
    </div>
  );
}
