/** Lists the trials of a sweep, and exports them as CSV. */
import { csvCell } from "../../domain/csv-cell.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { Condition } from "../../domain/filter.ts";
import { nearest } from "../../domain/spelling.ts";
import type { Sweep } from "../../domain/sweeps/sweep.ts";
import type { SweepSpec } from "../../domain/sweeps/sweep-spec.ts";
import type { TrialPage, TrialPageRequest } from "../../domain/sweeps/sweep-store.ts";
import type { Trial } from "../../domain/sweeps/trial.ts";
import type { ProjectServices } from "../services.ts";
import { findSweep } from "./sweep-view.ts";

/** Trials read from the store and written at a time: some milliseconds. */
const CSV_PAGE = 200;

/** Lists a page of the trials with a result. Throws not_found, and invalid if the filter names an unknown parameter. */
export async function listTrials(services: ProjectServices, id: string, page: TrialPageRequest): Promise<TrialPage> {
  checkParameters(await findSweep(services, id), page.conditions);
  return services.store.sweeps.listTrials(id, page);
}

/**
 * Returns all matching trials as the blocks of a CSV file, a column for each parameter. `after` starts behind that trial, and `spreadsheet`
 * escapes cells as csvCell does. Throws as listTrials does.
 */
export async function exportTrials(
  services: ProjectServices,
  id: string,
  { spreadsheet, ...page }: Omit<TrialPageRequest, "limit"> & { readonly spreadsheet: boolean },
): Promise<AsyncIterable<string>> {
  const sweep = await findSweep(services, id);
  checkParameters(sweep, page.conditions);
  return blocksOf(services, id, sweep.spec.parameters, page, spreadsheet);
}

function checkParameters({ spec }: Sweep, conditions: readonly Condition[] = []): void {
  const known = Object.keys(spec.parameters);
  const unknown = conditions.find(({ key }) => key !== null && !known.includes(key));
  if (!unknown) return;
  const close = nearest(unknown.key as string, known);
  const cure = close ? `did you mean "${close}"?` : known.length > 0 ? `there are ${known.join(", ")}` : "it has none";
  const detail = `column ${unknown.column}: the sweep has no parameter "${unknown.key}": ${cure}`;
  throw new TrainyardError("invalid", `query parameter filter: ${detail}`, [{ pointer: "/filter", detail }]);
}

const COLUMNS = ["number", "generation", "state", "value", "epochs", "seconds", "sha256", "reason"] as const;

async function* blocksOf(
  { store }: ProjectServices,
  id: string,
  parameters: SweepSpec["parameters"],
  page: Omit<TrialPageRequest, "limit">,
  spreadsheet: boolean,
): AsyncGenerator<string> {
  const pointers = Object.keys(parameters);
  yield lineOf([...COLUMNS.slice(0, 4), ...pointers, ...COLUMNS.slice(4)], spreadsheet);
  for (let { after } = page; ; ) {
    const { data, hasMore, nextAfter } = await store.sweeps.listTrials(id, { ...page, after, limit: CSV_PAGE });
    yield data.map((trial) => lineOf(rowOf(trial, pointers), spreadsheet)).join("");
    if (!hasMore || nextAfter === null) return;
    after = nextAfter;
  }
}

function rowOf(trial: Trial, pointers: readonly string[]): readonly unknown[] {
  const own = COLUMNS.map((name) => trial[name]);
  return [...own.slice(0, 4), ...pointers.map((pointer) => trial.parameters[pointer]), ...own.slice(4)];
}

/** A record by RFC 4180. Inactive parameters and null are empty. */
function lineOf(cells: readonly unknown[], spreadsheet: boolean): string {
  const style = { delimiter: ",", spreadsheet };
  const texts = cells.map((cell) => (cell === null || cell === undefined ? "" : csvCell(String(cell), style)));
  return `${texts.join(",")}\r\n`;
}
