/** Finds the data set that an argument names: by its id, or the newest one of a name. */
import type { Client, Dataset } from "../client/index.ts";
import { CliError } from "./exit.ts";

/** Most pages that are searched for a name. */
const MAX_PAGES = 20;
const PAGE = 200;

/** Returns the data set of an id or a name. Rejects with a CliError when there is none. */
export async function findDataset(client: Client, reference: string): Promise<Dataset> {
  if (reference.startsWith("ds_")) return client.dataset(reference);
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await client.datasets({ limit: PAGE, after });
    const found = page.data.find(({ name }) => name === reference);
    if (found) return client.dataset(found.id);
    after = page.next_after;
    if (after === null) break;
  }
  throw new CliError(`no data set is named ${reference}; list them with: trainyard datasets list`);
}
