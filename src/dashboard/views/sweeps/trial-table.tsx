/** The trials that match, a page at a time: sorted by any column. Only the rows of the page are in the document. */
import { useMemo, useState } from "preact/hooks";
import type { TrialState } from "../../../domain/sweeps/trial.ts";
import { formatCount, formatDuration, formatValue } from "../../shell/format.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { sorted } from "./brushes.ts";
import type { TrialAxis } from "./plots/axes.ts";
import type { TrialColumns } from "./trial-columns.ts";

export interface TrialTableProps {
  readonly sweep: string;
  readonly columns: TrialColumns;
  /** Grows whenever the columns have changed. */
  readonly version: number;
  readonly matched: Uint32Array;
  /** The axes of the parameters. */
  readonly axes: readonly TrialAxis[];
  readonly value: TrialAxis;
  readonly isMaximized: boolean;
  readonly chosen: readonly number[];
  readonly promoting: number | null;
  onChoose(number: number): void;
  onPromote(number: number): void;
}

const PAGE_TRIALS = 25;

interface Order {
  readonly key: string;
  readonly descending: boolean;
}

interface Head {
  readonly key: string;
  readonly title: string;
  readonly name?: string;
  readonly values: ArrayLike<number> | null;
  readonly numeric: boolean;
}

export function TrialTable(props: TrialTableProps) {
  const { columns, version, matched, axes, value, isMaximized } = props;
  const [order, setOrder] = useState<Order>({ key: value.key, descending: isMaximized });
  const [page, setPage] = useState(0);
  const heads = headsOf(columns, axes, value);
  const by = heads.find(({ key }) => key === order.key) ?? (heads[0] as Head);
  const { known } = columns;
  // Sorted once for all: brushing only removes some.
  const inOrder = useMemo(() => sortedBy(known, by, order.descending, columns), [known, by.key, order.descending, version]);
  const rows = useMemo(() => among(inOrder, matched, columns.total), [inOrder, matched]);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_TRIALS));
  const at = Math.min(page, pages - 1);
  const shown = [...rows.slice(at * PAGE_TRIALS, (at + 1) * PAGE_TRIALS)];
  const sort = (head: Head) => {
    setPage(0);
    setOrder({ key: head.key, descending: order.key === head.key ? !order.descending : head.key === value.key && isMaximized });
  };
  return (
    <>
      <section class="table-scroll">
        <table class="table trial-table">
          <caption class="visually-hidden">Trials</caption>
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">Choose</span>
              </th>
              {heads.map((head) => (
                <th
                  key={head.key}
                  scope="col"
                  class={head.numeric ? "num" : undefined}
                  aria-sort={by.key === head.key ? (order.descending ? "descending" : "ascending") : undefined}
                >
                  <button type="button" class="sort" title={head.name} onClick={() => sort(head)}>
                    <span class="truncate head-text">{head.title}</span>
                    <Icon name="arrow_down" size={12} />
                  </button>
                </th>
              ))}
              <th scope="col">
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((number) => (
              <TrialRow key={number} number={number} {...props} />
            ))}
          </tbody>
        </table>
      </section>
      <div class="trial-pages">
        <span role="status">
          {rows.length === 0
            ? "No trial matches."
            : `${formatCount(at * PAGE_TRIALS + 1)} to ${formatCount(at * PAGE_TRIALS + shown.length)} of ${formatCount(rows.length)} ${rows.length === 1 ? "trial" : "trials"}`}
        </span>
        <Button small disabled={at === 0} onClick={() => setPage(at - 1)}>
          Previous
        </Button>
        <Button small disabled={at >= pages - 1} onClick={() => setPage(at + 1)}>
          Next
        </Button>
      </div>
    </>
  );
}

/** Those of `all` that are among `matched`, in the order of `all`. */
function among(all: Uint32Array, matched: Uint32Array, total: number): Uint32Array {
  if (matched.length === all.length) return all;
  const isMatched = new Uint8Array(total);
  for (const number of matched) isMatched[number] = 1;
  return all.filter((number) => isMatched[number] === 1);
}

const STATE_ORDER: readonly (TrialState | null)[] = ["running", "succeeded", "pruned", "failed"];

function headsOf({ epochs, seconds }: TrialColumns, axes: readonly TrialAxis[], value: TrialAxis): readonly Head[] {
  return [
    { key: "number", title: "Trial", values: null, numeric: true },
    { key: "state", title: "State", values: null, numeric: false },
    { key: value.key, title: value.label, values: value.values, numeric: true },
    ...axes.map(({ key, label, name, values, options }) => ({ key, title: label, name, values, numeric: options === null })),
    { key: "epochs", title: "Epochs", values: epochs, numeric: true },
    { key: "seconds", title: "Time", values: seconds, numeric: true },
  ];
}

function sortedBy(known: Uint32Array, { key, values }: Head, descending: boolean, columns: TrialColumns): Uint32Array {
  if (key === "number") return descending ? known.slice().reverse() : known;
  if (values) return sorted(known, values, descending);
  const ranks = new Float64Array(columns.total);
  for (const number of known) ranks[number] = STATE_ORDER.indexOf(columns.stateOf(number));
  return sorted(known, ranks, descending);
}

function TrialRow({ number, ...props }: TrialTableProps & { readonly number: number }) {
  const { sweep, columns, axes, value, chosen, promoting, onChoose, onPromote } = props;
  const state = columns.stateOf(number) ?? "queued";
  const at = chosen.indexOf(number);
  const reason = columns.reasonOf(number);
  return (
    <tr data-chosen={at >= 0}>
      <td>
        <input
          type="checkbox"
          aria-label={`Choose trial ${number}`}
          checked={at >= 0}
          onChange={() => onChoose(number)}
          {...(at >= 0 && { "data-colour": (at % 8) + 1 })}
        />
      </td>
      <td class="num">{number}</td>
      <td title={reason ?? undefined}>
        <StateBadge state={state} />
      </td>
      <td class="num">{formatValue(orNull(value.values[number]))}</td>
      {axes.map((axis) => (
        <td key={axis.key} class={axis.options ? undefined : "num"}>
          <span class="truncate cell-text">{cellOf(axis, number)}</span>
        </td>
      ))}
      <td class="num">{formatCount(columns.epochs[number] as number)}</td>
      <td class="num">{formatDuration(orNull(columns.seconds[number]))}</td>
      <td class="num">
        <span class="row trial-actions">
          {(state === "succeeded" || state === "pruned") && (
            <Button
              small
              variant="quiet"
              icon="flag"
              label={`Promote trial ${number} to a job`}
              busy={promoting === number}
              onClick={() => onPromote(number)}
            />
          )}
          <LinkButton
            small
            variant="quiet"
            icon="edit"
            label={`Clone and edit trial ${number}`}
            href={`/new?sweep=${sweep}&trial=${number}`}
          />
        </span>
      </td>
    </tr>
  );
}

const orNull = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value);

function cellOf(axis: TrialAxis, number: number): string {
  const value = axis.values[number] as number;
  return Number.isNaN(value) ? "–" : axis.format(value);
}
