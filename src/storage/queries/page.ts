/** Keyset pagination: one row more than asked for says whether there is a next page. */
import type { Page } from "../../domain/page.ts";

/** The page that `limit + 1` rows, ordered by id, come to. */
export function toPage<Row, T extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
): Page<T> {
  const data = rows.slice(0, limit).map(toItem);
  return { data, hasMore: rows.length > limit, nextAfter: data.at(-1)?.id ?? null };
}
