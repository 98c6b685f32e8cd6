/** Reads the results of trials for a thread, page by page, without parsing them, and caches final ones so that a sweep reads each once. */
import { createLru, type Lru } from "../../domain/memory/lru.ts";
import type { SweepStore } from "../../domain/sweeps/sweep-store.ts";

/** Results read from the store at a time: about a millisecond of the event loop. */
const RESULT_PAGE = 500;
/** Small pages are joined up to this size, so that a sweep of many small generations has few of them. */
const JOINED_BYTES = 64 * 1024;
const MAX_CACHED_BYTES = 32 * 1024 * 1024;

type Pages = Uint8Array<ArrayBuffer>[];
interface Results {
  readonly sweeps: Pick<SweepStore, "readResults">;
}

/** The results of the first `count` trials of a sweep. */
interface KnownResults {
  readonly count: number;
  readonly pages: readonly Uint8Array<ArrayBuffer>[];
  readonly bytes: number;
}

/** Final results by sweep. The least recently used are dropped, and read again when they are needed. */
export type ResultCache = Lru<KnownResults>;

/** Creates an empty cache. */
export function createResultCache(): ResultCache {
  return createLru({ maxCount: 1000, maxBytes: MAX_CACHED_BYTES, bytesOf: ({ bytes }) => bytes });
}

/** Reads the results of a sweep's trials: all of them, or those of every `every`-th number. Each page is JSON; see ResultPage. */
export async function readResults(store: Results, id: string, every = 1): Promise<Pages> {
  return (await readAfter(store, id, -1, every)).pages;
}

/**
 * Reads all results of a sweep whose trials each run once; only those that are not cached come from the store. `done` is how many there
 * were when the caller leased the planning of the next generation. Results beyond that belong to another caller and are not cached. The
 * pages belong to the caller and may be transferred to a thread.
 */
export async function readNewResults(store: Results, id: string, done: number, cache: ResultCache): Promise<Pages> {
  const known = cache.get(id) ?? { count: 0, pages: [], bytes: 0 };
  const { count, last, pages: read } = await readAfter(store, id, known.count - 1);
  const pages = joined([...known.pages, ...read]);
  if (known.count + count === done && last === done - 1)
    cache.set(id, { count: done, pages, bytes: pages.reduce((sum, { byteLength }) => sum + byteLength, 0) });
  return pages.map((page) => page.slice());
}

async function readAfter({ sweeps }: Results, id: string, first: number, every = 1) {
  const pages: Pages = [];
  let total = 0;
  for (let after = first; ; ) {
    const { count, last, json } = await sweeps.readResults(id, { after, limit: RESULT_PAGE, every });
    if (count > 0) pages.push(json);
    total += count;
    if (count < RESULT_PAGE || last === null) return { count: total, last: last ?? after, pages };
    after = last;
  }
}

/** Joins neighbouring pages as long as they are small. */
function joined(pages: Pages): Pages {
  const all: Pages = [];
  for (const page of pages) {
    const before = all.at(-1);
    if (before && before.byteLength + page.byteLength <= JOINED_BYTES) all[all.length - 1] = concatenated(before, page);
    else all.push(page);
  }
  return all;
}

/** Makes one JSON array of two that are not empty. */
function concatenated(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.byteLength + second.byteLength - 1);
  both.set(first);
  both[first.byteLength - 1] = ",".charCodeAt(0);
  both.set(second.subarray(1), first.byteLength);
  return both;
}
