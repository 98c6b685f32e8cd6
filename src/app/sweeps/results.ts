/** Reads the results of trials for a thread, page by page, unread. */
import type { SweepStore } from "../../domain/sweeps/sweep-store.ts";

/** Results read from the store at a time: about a millisecond of the event loop. */
const RESULT_PAGE = 500;

/** Reads the results of a sweep's trials: all of them, or those of `every` n-th number. Each page is JSON; see ResultPage. */
export async function readResults(
  { sweeps }: { readonly sweeps: Pick<SweepStore, "readResults"> },
  id: string,
  every = 1,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const pages: Uint8Array<ArrayBuffer>[] = [];
  for (let after = -1; ; ) {
    const { count, last, json } = await sweeps.readResults(id, { after, limit: RESULT_PAGE, every });
    if (count > 0) pages.push(json);
    if (count < RESULT_PAGE || last === null) return pages;
    after = last;
  }
}
