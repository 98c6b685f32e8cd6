/** Reads runs for tracking clients: those that clients have logged, and the jobs, sweeps and trials of the project. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { TrainyardError } from "../../domain/errors.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import { SERIES, type Series } from "../../domain/metrics/metric.ts";
import type { Sweep } from "../../domain/sweeps/sweep.ts";
import type { Answer, Request, WireRun } from "../../domain/tracking/messages.ts";
import { parseRunFilter, parseRunOrder, RUN_ATTRIBUTES } from "../../domain/tracking/run-search.ts";
import type { FoundRun, Metric, Run } from "../../domain/tracking/tracking.ts";
import type { PointCursor } from "../../domain/tracking/tracking-store.ts";
import type { ProjectServices } from "../services.ts";
import { pointsOfTrial, runOfJob, runOfSweep, runOfTrial, timeOf } from "./own-runs.ts";
import { countForPage, nextPage, offsetOf } from "./paging.ts";
import { wireMetric, wireRun } from "./wire.ts";

/** What answers to tracking clients need: the services of a project, and its name. */
export interface TrackingServices extends Pick<ProjectServices, "store" | "limits" | "computePool"> {
  readonly project: string;
}

/** Maximum runs of a page; clients ask for the next one. */
const PAGE_RUNS = 1000;
/** Runs that are read and written before the event loop serves others. */
const RUNS_PER_TURN = 10;
/** Maximum points of a page of a metric's history, which takes a few milliseconds to write. */
const PAGE_POINTS = 5000;

const noRun = (id: string) => new TrainyardError("not_found", `Run with id=${id} not found`);

/** The sweep and the number of a trial's run id; null for any other id. A sweep's id ends in twelve characters. */
function trialOf(id: string): { readonly sweepId: string; readonly number: number } | null {
  const [, sweepId = "", number] = /^(.+)-(\d{1,9})$/.exec(id) ?? [];
  return sweepId.startsWith(ID_PREFIXES.sweep) ? { sweepId, number: Number(number) } : null;
}

/** Returns a run of any kind. Throws not_found. */
export async function getRun({ store }: TrackingServices, id: string): Promise<Run> {
  if (id.startsWith(ID_PREFIXES.job)) {
    const job = await store.jobs.get(id);
    if (job) return runOfJob(job);
  } else if (id.startsWith(ID_PREFIXES.sweep)) {
    const trial = trialOf(id);
    const sweep = await store.sweeps.get(trial?.sweepId ?? id);
    const one = sweep && trial && (await store.sweeps.getTrial(sweep.id, trial.number));
    if (sweep && one) return runOfTrial(sweep, one);
    if (sweep && !trial) return runOfSweep(sweep);
  } else {
    const run = await store.tracking.getRun(id);
    if (run) return run;
  }
  throw noRun(id);
}

/** Searches runs. Throws malformed for a filter or an order that cannot be parsed. */
export async function searchRuns(services: TrackingServices, request: Request<"SearchRuns">): Promise<Answer<"Runs">> {
  const { experiment_ids: experimentIds, filter, order_by, run_view_type, max_results, page_token } = request;
  const offset = offsetOf(page_token);
  const limit = Math.min(max_results, PAGE_RUNS);
  const found = await services.store.tracking.searchRuns({
    experimentIds,
    lifecycle: ({ ACTIVE_ONLY: "active", DELETED_ONLY: "deleted", ALL: null } as const)[run_view_type],
    conditions: parseRunFilter(filter, RUN_ATTRIBUTES),
    order: parseRunOrder(order_by, RUN_ATTRIBUTES),
    offset,
    limit: limit + 1,
  });
  const { runs, taken } = await readRuns(services, found.slice(0, limit));
  return { runs, ...nextPage(offset, taken, found.length > taken) };
}

/**
 * Reads the runs that were found, in their order, without those deleted since, and as many as a page holds. `taken`: how many of those
 * found.
 */
async function readRuns(
  { store }: TrackingServices,
  found: readonly FoundRun[],
): Promise<{ readonly runs: WireRun[]; readonly taken: number }> {
  const sweeps = new Map<string, Promise<Sweep | null>>();
  const sweepOf = (id: string): Promise<Sweep | null> => {
    const known = sweeps.get(id) ?? store.sweeps.get(id);
    sweeps.set(id, known);
    return known;
  };
  const readOwn = async ({ kind, id, number }: FoundRun): Promise<Run | null> => {
    if (kind === "job") {
      const job = await store.jobs.get(id);
      return job && runOfJob(job);
    }
    const sweep = await sweepOf(id);
    if (!sweep || kind === "sweep") return sweep && runOfSweep(sweep);
    const trial = await store.sweeps.getTrial(id, number);
    return trial && runOfTrial(sweep, trial);
  };
  const runs: WireRun[] = [];
  const sizes: number[] = [];
  for (let start = 0; start < found.length; start += RUNS_PER_TURN) {
    const some = found.slice(start, start + RUNS_PER_TURN);
    const logged = await store.tracking.getRuns(some.flatMap(({ kind, id }) => (kind === "run" ? id : [])));
    const byId = new Map(logged.map((run) => [run.id, run]));
    const read = await Promise.all(some.map((each) => (each.kind === "run" ? byId.get(each.id) : readOwn(each))));
    const wires = read.map((run) => (run ? wireRun(run) : null));
    sizes.push(...wires.map((wire) => (wire ? sizeOfRun(wire) : 0)));
    const room = countForPage(sizes) - start;
    runs.push(...wires.slice(0, room).flatMap((wire) => wire ?? []));
    if (room < some.length) return { runs, taken: start + room };
    await nextTurn();
  }
  return { runs, taken: found.length };
}

/** The approximate number of characters of JSON of a run. */
function sizeOfRun({ data: { metrics, params, tags }, inputs, outputs }: WireRun): number {
  const texts = [...params, ...tags].reduce((total, { key, value }) => total + key.length + value.length + 24, 0);
  const numbers = metrics.reduce((total, { key }) => total + key.length + 90, 0);
  return 600 + texts + numbers + JSON.stringify([inputs, outputs]).length;
}

/** Returns a page of the history of a metric: every epoch of a job, or the points of a trial's curve. Throws not_found. */
export async function readHistory(
  services: TrackingServices,
  request: Request<"GetMetricHistory">,
): Promise<Answer<"Metrics">> {
  const id = request.run_id ?? request.run_uuid ?? "";
  const limit = Math.min(request.max_results ?? PAGE_POINTS, PAGE_POINTS);
  const { metric_key: key, page_token } = request;
  if (id.startsWith(ID_PREFIXES.job)) return historyOfJob(services, id, key, offsetOf(page_token), limit);
  if (id.startsWith(ID_PREFIXES.sweep)) return { metrics: (await ownPoints(services, id, key)).map(wireMetric) };
  const after = cursorOf(page_token);
  const points = await services.store.tracking.readPoints(id, key, after, limit + 1);
  if (points.length === 0 && after === null && !(await services.store.tracking.getRun(id))) throw noRun(id);
  const metrics = points.slice(0, limit);
  const last = metrics.at(-1);
  return { metrics: metrics.map(wireMetric), ...(points.length > limit && last ? { next_page_token: tokenOf(last) } : {}) };
}

async function ownPoints(services: TrackingServices, id: string, key: string): Promise<readonly Metric[]> {
  const trial = trialOf(id);
  const run = await getRun(services, id);
  const one = trial && (await services.store.sweeps.getTrial(trial.sweepId, trial.number));
  const sweep = trial && (await services.store.sweeps.get(trial.sweepId));
  const points = one && sweep ? pointsOfTrial(sweep, one) : [];
  return (points.length > 0 ? points : run.metrics).filter((point) => point.key === key);
}

async function historyOfJob(services: TrackingServices, id: string, key: string, after: number, limit: number) {
  const job = await services.store.jobs.get(id);
  if (!job) throw noRun(id);
  if (!SERIES.includes(key as Series)) return { metrics: [] };
  const to = Math.min(after + limit, job.epochsDone);
  const metrics: Answer<"Metrics">["metrics"] = [];
  for (const { from, series } of to > after ? await services.store.metrics.read(id, after + 1, to) : []) {
    const column = series[key as Series];
    for (const [index, value] of (column ?? []).entries()) {
      const step = from + index;
      if (step > after && step <= to) metrics.push(wireMetric({ key, value, step, timestamp: timeOf(job, step) }));
    }
  }
  return { metrics, ...nextPage(after, to - after, to < job.epochsDone) };
}

const tokenOf = ({ step, timestamp, value }: Metric): string => `${step}_${timestamp}_${value}`;

/** Where a page of points begins. Throws malformed for an invalid token. */
function cursorOf(token: string | undefined): PointCursor | null {
  if (token === undefined || token === "") return null;
  const [step, timestamp, value] = token.split("_").map(Number);
  if (
    step === undefined ||
    timestamp === undefined ||
    value === undefined ||
    !Number.isSafeInteger(step) ||
    !Number.isSafeInteger(timestamp)
  )
    throw new TrainyardError("malformed", `page_token: ${JSON.stringify(token)} belongs to no page`);
  return { step, timestamp, value, isNaN: Number.isNaN(value) };
}
