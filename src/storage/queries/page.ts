/** Keyset pagination: a query reads one row more than the page, which says whether there is a next page. */
import type { Page } from "../../domain/page.ts";

/** Returns the page of up to `limit + 1` rows, ordered by id. */
export function toPage<Row, T extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
): Page<T> {
  const data = rows.slice(0, limit).map(toItem);
  return { data, hasMore: rows.length > limit, nextAfter: data.at(-1)?.id ?? null };
}
