/** Pages of answers to tracking clients: a token is where the next page begins. */
import { TrainyardError } from "../../domain/errors.ts";

/** Furthest place at which a page may begin: a search reads all that comes before. */
const MAX_OFFSET = 1_000_000;

/** Returns where the page of a token begins. Throws malformed for what is no token. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const offset = /^\d{1,7}$/.test(token) ? Number(token) : Number.NaN;
  if (!(offset <= MAX_OFFSET)) throw new TrainyardError("malformed", `page_token: ${JSON.stringify(token)} belongs to no page`);
  return offset;
}

/** The token of the page after this one, as a member of the answer; none where there is no such page. */
export const nextPage = (offset: number, taken: number, hasMore: boolean): { readonly next_page_token?: string } =>
  hasMore ? { next_page_token: String(offset + taken) } : {};

/** Returns a page of a list. */
export function pageOf<T>(all: readonly T[], token: string | undefined, most: number) {
  const offset = offsetOf(token);
  const items = all.slice(offset, offset + most);
  return { items, next: nextPage(offset, items.length, offset + items.length < all.length) };
}

/** Most characters of a page, about, which is written on the event loop in a few milliseconds: a page has fewer things where they are long. */
const PAGE_CHARACTERS = 512 * 1024;

/** How many of some things that were written as JSON a page has: one at least. */
export function countForPage(sizes: readonly number[]): number {
  let total = 0;
  const over = sizes.findIndex((size) => {
    total += size;
    return total > PAGE_CHARACTERS;
  });
  return over < 0 ? sizes.length : Math.max(1, over);
}
