/** Lists the trials of a sweep, and exports them as CSV. */
import type { SweepSpec } from "../../domain/sweeps/sweep-spec.ts";
import type { TrialPage, TrialPageRequest } from "../../domain/sweeps/sweep-store.ts";
import type { Trial } from "../../domain/sweeps/trial.ts";
import type { ProjectServices } from "../services.ts";
import { findSweep } from "./sweep-view.ts";

/** Trials read from the store at a time. */
const CSV_PAGE = 500;

/** Lists a page of the trials that have a result. Throws not_found. */
export async function listTrials(services: ProjectServices, id: string, page: TrialPageRequest): Promise<TrialPage> {
  await findSweep(services, id);
  return services.store.sweeps.listTrials(id, page);
}

/**
 * Returns all matching trials as the blocks of a CSV file, a column for each parameter; with `after` those that follow that trial. Throws
 * not_found.
 */
export async function exportTrials(
  services: ProjectServices,
  id: string,
  page: Omit<TrialPageRequest, "limit">,
): Promise<AsyncIterable<string>> {
  const { spec } = await findSweep(services, id);
  return blocksOf(services, id, spec.parameters, page);
}

const COLUMNS = ["number", "generation", "state", "value", "epochs", "seconds", "sha256", "reason"] as const;

async function* blocksOf(
  { store }: ProjectServices,
  id: string,
  parameters: SweepSpec["parameters"],
  page: Omit<TrialPageRequest, "limit">,
): AsyncGenerator<string> {
  const pointers = Object.keys(parameters);
  yield lineOf([...COLUMNS.slice(0, 4), ...pointers, ...COLUMNS.slice(4)]);
  for (let { after } = page; ; ) {
    const { data, hasMore, nextAfter } = await store.sweeps.listTrials(id, { ...page, after, limit: CSV_PAGE });
    yield data.map((trial) => rowOf(trial, pointers)).join("");
    if (!hasMore || nextAfter === null) return;
    after = nextAfter;
  }
}

function rowOf(trial: Trial, pointers: readonly string[]): string {
  const own = COLUMNS.map((name) => trial[name]);
  return lineOf([...own.slice(0, 4), ...pointers.map((pointer) => trial.parameters[pointer]), ...own.slice(4)]);
}

/** A record by RFC 4180. A parameter that is inactive, and null, are empty. */
function lineOf(cells: readonly unknown[]): string {
  const texts = cells.map((cell) => {
    const text = cell === null || cell === undefined ? "" : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(",")}\r\n`;
}
