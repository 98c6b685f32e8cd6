/** Pages of answers to tracking clients: a token says where the next page begins. */
import { TrainyardError } from "../../domain/errors.ts";

/** The last place at which a page may begin: a search reads everything before it. */
const MAX_OFFSET = 1_000_000;

/** Returns where the page of a token begins. Throws malformed for an invalid token. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const offset = /^\d{1,7}$/.test(token) ? Number(token) : Number.NaN;
  if (!(offset <= MAX_OFFSET)) throw new TrainyardError("malformed", `page_token: ${JSON.stringify(token)} belongs to no page`);
  return offset;
}

/** The token of the next page, as a member of the answer; nothing if there is no next page. */
export const nextPage = (offset: number, taken: number, hasMore: boolean): { readonly next_page_token?: string } =>
  hasMore ? { next_page_token: String(offset + taken) } : {};

/** Returns a page of a list. */
export function pageOf<T>(all: readonly T[], token: string | undefined, most: number) {
  const offset = offsetOf(token);
  const items = all.slice(offset, offset + most);
  return { items, next: nextPage(offset, items.length, offset + items.length < all.length) };
}

/**
 * Approximate maximum number of characters of a page, which the event loop writes in a few milliseconds. A page of long items has fewer of
 * them.
 */
const PAGE_CHARACTERS = 512 * 1024;

/** How many of these items, already written as JSON, fit a page: at least one. */
export function countForPage(sizes: readonly number[]): number {
  let total = 0;
  const over = sizes.findIndex((size) => {
    total += size;
    return total > PAGE_CHARACTERS;
  });
  return over < 0 ? sizes.length : Math.max(1, over);
}
