/** How the command line names jobs, sweeps and data sets: by id, by the end of an id, or by name, which means the newest with that name. */
import type { Client, Dataset, Job, Page, PageQuery, Schedule, Sweep } from "../client/index.ts";
import { CliError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Maximum pages searched for a name or the end of an id. */
const MAX_PAGES = 20;
const PAGE = 200;

/** Number of hex digits at the end of an id, which are random, that identify it: among 5,000 jobs, two agree in one of 300 lists. */
const SHORT = 8;

/** An id in a table: its end on a terminal, the whole for a program. */
export function idText(id: string, { live }: Pick<Terminal, "live">): string {
  return live ? id.slice(-SHORT) : id;
}

/** Returns the job of an id, the end of one, or a name. Rejects with a CliError when there is none. */
export async function findJob(client: Client, reference: string): Promise<Job> {
  if (reference.startsWith("job_")) return client.job(reference);
  const { data } = await client.jobs({ name: reference, limit: 1 });
  const found = data[0] ?? (await findByEnd((page) => client.jobs(page), reference));
  if (!found) throw new CliError(`no job is named ${reference}; list jobs with: trainyard jobs`);
  return found;
}

/** Returns the sweep of an id, the end of one, or a name. Rejects with a CliError when there is none. */
export async function findSweep(client: Client, reference: string): Promise<Sweep> {
  if (reference.startsWith("swp_")) return client.sweep(reference);
  const { data } = await client.sweeps({ name: reference, limit: 1 });
  const found = data[0] ?? (await findByEnd((page) => client.sweeps(page), reference));
  if (!found) throw new CliError(`no sweep is named ${reference}; list sweeps with: trainyard sweeps`);
  return found;
}

/** Returns the data set of an id, the end of one, or a name. Rejects with a CliError when there is none. */
export async function findDataset(client: Client, reference: string): Promise<Dataset> {
  if (reference.startsWith("ds_")) return client.dataset(reference);
  const list = (page: PageQuery) => client.datasets(page);
  const named = await findIn(list, ({ name }) => name === reference);
  const found = named ?? (await findByEnd(list, reference));
  if (!found) throw new CliError(`no data set is named ${reference}; list them with: trainyard datasets list`);
  return client.dataset(found.id);
}

/** Returns the schedule of an id, the end of one, or a name. Rejects with a CliError when there is none. */
export async function findSchedule(client: Client, reference: string): Promise<Schedule> {
  if (reference.startsWith("sch_")) return client.schedule(reference);
  const list = (page: PageQuery) => client.schedules(page);
  const found = (await findIn(list, ({ name }) => name === reference)) ?? (await findByEnd(list, reference));
  if (!found) throw new CliError(`no schedule is named ${reference}; list them with: trainyard schedules`);
  return found;
}

type List<Item> = (page: PageQuery) => Promise<Page<Item>>;

async function findByEnd<Item extends { readonly id: string }>(list: List<Item>, end: string): Promise<Item | undefined> {
  if (!/^[0-9a-f]{6,}$/.test(end)) return undefined;
  return findIn(list, ({ id }) => id.endsWith(end));
}

/** The newest item that a test finds. */
async function findIn<Item>(list: List<Item>, test: (item: Item) => boolean): Promise<Item | undefined> {
  let after: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page: Page<Item> = await list({ limit: PAGE, after });
    const found = page.data.find(test);
    if (found) return found;
    after = page.next_after;
    if (after === null) return undefined;
  }
  return undefined;
}
