/** Which data set is meant: its id, or the newest of a name. */
import type { Client, Dataset } from "../client/index.ts";
import { CliError } from "./exit.ts";

/** Pages of data sets that are looked through for a name. */
const MAX_PAGES = 20;
const PAGE = 200;

/** The data set of an id or a name. Throws when there is none. */
export async function findDataset(client: Client, reference: string): Promise<Dataset> {
  if (reference.startsWith("ds_")) return client.dataset(reference);
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await client.datasets({ limit: PAGE, ...(after === null ? {} : { after }) });
    const found = page.data.find(({ name }) => name === reference);
    if (found) return client.dataset(found.id);
    after = page.next_after;
    if (after === null) break;
  }
  throw new CliError(`there is no data set of the name ${reference}; see: trainyard datasets list`);
}
