/** Sortable tables of a page of rows. The table of jobs, which may have thousands, is a component of its own. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

export interface Column<T> {
  readonly key: string;
  readonly title: ComponentChildren;
  /** Whether cells are numbers, which are aligned to the right. */
  readonly numeric?: boolean;
  readonly render: (item: T) => ComponentChildren;
  /** The value to sort by; when left out, the column does not sort. Null and NaN come last in both directions. */
  readonly sortBy?: (item: T) => number | string | null;
}

export interface TableProps<T> {
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (item: T) => string;
  /** Shown instead of the table when there are no rows. */
  readonly empty?: ComponentChildren;
}

interface Order {
  readonly key: string;
  readonly descending: boolean;
}

export function Table<T>({ caption, columns, rows, keyOf, empty }: TableProps<T>) {
  const [order, setOrder] = useState<Order | null>(null);
  if (rows.length === 0 && empty) return <>{empty}</>;
  const sorted = sortRows(rows, columns.find(({ key }) => key === order?.key)?.sortBy, order?.descending ?? false);
  // Keys scroll a table that is too wide only from within it: one without buttons to sort by is focused itself.
  const sorts = columns.some(({ sortBy }) => sortBy !== undefined);
  return (
    <section class="table-scroll" tabIndex={sorts ? undefined : 0} aria-label={sorts ? undefined : caption}>
      <table class="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} order={order} onSort={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((item) => (
            <tr key={keyOf(item)}>
              {columns.map(({ key, numeric, render }) => (
                <td key={key} class={numeric ? "num" : undefined}>
                  {render(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadProps<T> {
  readonly column: Column<T>;
  readonly order: Order | null;
  readonly onSort: (order: Order) => void;
}

function Head<T>({ column, order, onSort }: HeadProps<T>) {
  const { key, title, numeric, sortBy } = column;
  const isSorted = order?.key === key;
  const direction = order?.descending ? "descending" : "ascending";
  return (
    <th scope="col" class={numeric ? "num" : undefined} aria-sort={isSorted ? direction : undefined}>
      {sortBy ? (
        <button type="button" class="sort" onClick={() => onSort({ key, descending: isSorted ? !order.descending : false })}>
          {title}
          <Icon name="arrow_down" size={12} />
        </button>
      ) : (
        title
      )}
    </th>
  );
}

/** Returns the rows sorted; those without a value come last. */
function sortRows<T>(rows: readonly T[], by: Column<T>["sortBy"], descending: boolean): readonly T[] {
  if (!by) return rows;
  const sign = descending ? -1 : 1;
  const hasNone = (value: number | string | null) => value === null || Number.isNaN(value);
  return [...rows].sort((left, right) => {
    const a = by(left);
    const b = by(right);
    if (hasNone(a) || hasNone(b)) return Number(hasNone(a)) - Number(hasNone(b));
    return (a as number) < (b as number) ? -sign : (a as number) > (b as number) ? sign : 0;
  });
}
