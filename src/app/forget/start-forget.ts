/** Plans what forgetting rows involves, and starts it. Keys are looked up here and never stored. */
import type { Dataset } from "../../domain/datasets/dataset.ts";
import { hasValues } from "../../domain/datasets/dataset.ts";
import { type FieldError, invalid, notFound, pointerOf, TrainyardError } from "../../domain/errors.ts";
import type { Forget, ForgetPlan } from "../../domain/forget/forget.ts";
import { type ForgetKeys, type ForgetRequest, MAX_FORGOTTEN_ROWS } from "../../domain/forget/forget-request.ts";
import { createId } from "../../domain/id.ts";
import { unknownColumn } from "../../domain/spelling.ts";
import type { ProjectServices } from "../services.ts";
import { findAffected } from "./affected.ts";

/** What a run would do, and the jobs and sweeps that it would have to wait for. */
export interface PlannedForget {
  readonly plan: ForgetPlan;
  readonly running: readonly string[];
  /** Hashes of the data sets, by id. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** Plans a run, and changes nothing. Throws not_found, and invalid for rows that do not exist. */
export async function planForget(services: ProjectServices, datasetId: string, request: ForgetRequest): Promise<PlannedForget> {
  const { store } = services;
  const dataset = await store.datasets.get(datasetId);
  if (!dataset) throw notFound("data set", datasetId);
  const rows = await positionsOf(services, dataset, request);
  if (rows.length >= dataset.rows) {
    const pointer = request.keys ? "/keys" : "/positions";
    throw invalid([{ pointer, detail: "these are all the rows: delete the data set instead" }]);
  }
  const related = await store.forgets.listRelated(datasetId);
  const { models, sweeps, running } = await findAffected(store, related);
  const datasets = related.map(({ id, name }) => ({ id, name, replaced_by: null, sha256: null }));
  return {
    plan: { rows: [...rows], datasets, models: [...models], sweeps: sweeps.map(({ id, name }) => ({ id, name })) },
    running,
    hashes: Object.fromEntries(related.map(({ id, sha256 }) => [id, sha256])),
  };
}

/**
 * Starts a run, or returns the existing run with this id. Throws what `planForget` throws, and conflict while a job or sweep that saw the
 * rows runs, if a model cannot be trained again and is not to be erased, and while another run of the project is active.
 */
export async function startForget(
  services: ProjectServices,
  datasetId: string,
  request: ForgetRequest,
  id = createId("forget"),
): Promise<Forget> {
  const { store, bus } = services;
  const known = await store.forgets.get(id);
  if (known) return known;
  const { plan, running, hashes } = await planForget(services, datasetId, request);
  await assertNoLeftovers(store, plan);
  const [first] = running;
  if (first !== undefined)
    throw conflict(
      `${first}${running.length > 1 ? ` and ${running.length - 1} more` : ""} may use the rows: cancel it, or wait until it has ended`,
    );
  const others = plan.models.filter(({ why_not, is_question }) => why_not !== null && !is_question);
  const [other] = others;
  const eraseOthers = request.without_retraining === "erase";
  if (other && !eraseOthers) {
    const model = other.model ? `${other.model.name}@${other.model.version}` : other.job_name;
    throw conflict(
      `${model} cannot be trained again: ${other.why_not}${others.length > 1 ? `; nor can ${others.length - 1} more` : ""}. Set "without_retraining": "erase" to delete it`,
    );
  }
  const document = { ...plan, eraseOthers, hashes, waitsFor: null, error: null, receipt: null };
  const run = await store.forgets.insert({ id, datasetId, document, createdAt: Date.now() });
  bus.publish(run.id);
  return run;
}

/** Runs that are read at a time. */
const PAGE = 100;

/**
 * Throws conflict while results remain of an unsuccessful run that removed other rows from these tables. They contain these rows too, at
 * other positions, and nothing links them to the rows.
 */
async function assertNoLeftovers({ forgets, datasets, models }: ProjectServices["store"], plan: ForgetPlan): Promise<void> {
  const ids = new Set(plan.datasets.map(({ id }) => id));
  for (let after: string | undefined, more = true; more; ) {
    const page = await forgets.list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const { id, state, document } of page.data) {
      if (!["failed", "cancelled"].includes(state)) continue;
      const isMade = document.datasets.some(({ replaced_by: made }) => made !== null && ids.has(made));
      const isOfThese = document.datasets.some((table) => ids.has(table.id));
      // Results made without the same rows are what this run makes too.
      const isRetried = !isMade && document.rows.join() === plan.rows.join();
      if ((!isMade && !isOfThese) || isRetried) continue;
      const made = [
        ...document.datasets.map(({ replaced_by: made }) => [made, datasets] as const),
        ...document.models.map(({ replaced_by: made }) => [made?.id ?? null, models] as const),
      ];
      for (const [what, records] of made)
        if (what !== null && (await records.get(what)))
          throw conflict(`${what}, which ${id} made before it was ${state}, still has the rows: delete it first`);
    }
    more = page.hasMore;
    after = page.nextAfter ?? undefined;
  }
}

const conflict = (detail: string) => new TrainyardError("conflict", detail);

async function positionsOf(
  { store, uploadSpool }: ProjectServices,
  dataset: Dataset,
  { positions, keys }: ForgetRequest,
): Promise<readonly number[]> {
  if (keys) return matchedRows({ store, uploadSpool }, dataset, keys);
  const seen = new Set<number>();
  const errors = (positions ?? []).flatMap((row, index): FieldError[] => {
    const pointer = pointerOf(["positions", index]);
    if (row >= dataset.rows) return [{ pointer, detail: `the data set has ${dataset.rows} rows, counted from 0` }];
    if (seen.has(row)) return [{ pointer, detail: "this row is already in the list" }];
    seen.add(row);
    return [];
  });
  if (errors.length > 0) throw invalid(errors);
  return [...seen].sort((a, b) => a - b);
}

async function matchedRows(
  { store, uploadSpool }: Pick<ProjectServices, "store" | "uploadSpool">,
  { id, columns }: Dataset,
  { column: name, values: keys }: ForgetKeys,
): Promise<readonly number[]> {
  const column = columns.find((candidate) => candidate.name === name);
  const refused = (detail: string) => invalid([{ pointer: "/keys/column", detail }]);
  if (!column) throw refused(unknownColumn(name, columns));
  if (!hasValues(column)) throw refused(`the texts of ${JSON.stringify(name)} are not kept: give positions`);
  const values = (await store.datasets.readColumns(id, [name])).get(name);
  if (!values) throw notFound("data set", id);
  const matched = await uploadSpool.match({ column, values, keys, most: MAX_FORGOTTEN_ROWS });
  if (!matched.ok) throw invalid(matched.errors);
  return matched.positions;
}
