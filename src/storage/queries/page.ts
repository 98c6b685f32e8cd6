/** Keyset pagination: a query reads one row more than the page, which shows whether there is a next page. */
import { type AliasedRawBuilder, sql } from "kysely";
import type { Page } from "../../domain/page.ts";

/**
 * Maximum bytes of documents (specs, architectures) in a page, whatever its limit: reading and writing that many takes the main thread
 * about 10 ms. A page has at least one row.
 */
const MAX_PAGE_BYTES = 1024 * 1024;

/** Returns the page of up to `limit + 1` rows of small records, ordered by id. For records with documents, use `toBoundedPage`. */
export function toPage<Row, T extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
): Page<T> {
  const data = rows.slice(0, limit).map(toItem);
  return { data, hasMore: rows.length > limit, nextAfter: data.at(-1)?.id ?? null };
}

/** How a list reads rows with documents of any size: first their sizes, and then the rows that fit. */
export interface DocumentRows<T> {
  /** Returns the bytes of the first `count` rows, from the lengths that the database keeps. */
  sizes(count: number): Promise<readonly { readonly bytes: number }[]>;
  read(count: number): Promise<readonly T[]>;
}

/** Returns a page of at most `limit` rows and `MAX_PAGE_BYTES`. */
export async function toBoundedPage<T extends { readonly id: string }>(rows: DocumentRows<T>, limit: number): Promise<Page<T>> {
  const sizes = await rows.sizes(limit + 1);
  const count = Math.min(limit, fitting(sizes));
  const data = count === 0 ? [] : await rows.read(count);
  return { data, hasMore: sizes.length > count, nextAfter: data.at(-1)?.id ?? null };
}

function fitting(sizes: readonly { readonly bytes: number }[]): number {
  let total = 0;
  const over = sizes.findIndex(({ bytes }) => {
    total += Number(bytes);
    return total > MAX_PAGE_BYTES;
  });
  return over === -1 ? sizes.length : Math.max(1, over);
}

/** The total bytes of text columns, as `bytes`. */
export function bytesOf(...columns: readonly string[]): AliasedRawBuilder<number, "bytes"> {
  const lengths = columns.map((column) => sql`octet_length(${sql.ref(column)})`);
  return sql<number>`${sql.join(lengths, sql` + `)}`.as("bytes");
}
