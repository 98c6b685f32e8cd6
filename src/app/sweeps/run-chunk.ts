/**
 * Runs one leased chunk of a sweep: trains its trials and stores their results, or plans the next generation, or ends the sweep. Results
 * that are not stored are computed again by the next holder of the chunk, to the same bits.
 */
import { setTimeout as delay } from "node:timers/promises";
import { hasValues } from "../../domain/datasets/dataset.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { createLru } from "../../domain/memory/lru.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { Method } from "../../domain/sweeps/method.ts";
import { ACTIVE_STATES, type Sweep, trialsDone } from "../../domain/sweeps/sweep.ts";
import type { SweepChunk } from "../../domain/sweeps/sweep-store.ts";
import type { PlannedTrial, Trial } from "../../domain/sweeps/trial.ts";
import type { FoldState, SweepSource } from "../../domain/sweeps/trial-run.ts";
import { isStorageFull } from "../jobs/job-outcome.ts";
import { type Services, servicesOf } from "../services.ts";
import { singleFlight } from "../single-flight.ts";
import { promoteTrial } from "./promote-trial.ts";
import { createResultCache, type ResultCache, readNewResults, readResults } from "./results.ts";
import { notifySweepChanged } from "./sweep-view.ts";

const RETRY_MS = 1000;
/** A trial whose thread crashed this many times fails. */
const MAX_CRASHES = 3;
const CRASHED = `the training thread crashed ${MAX_CRASHES} times`;
const MAX_STATE_BYTES = 256 * 1024 * 1024;

/** States of unfinished trials that this process caches by sweep and number. Without its state, a trial starts again. */
type TrialStates = ReturnType<typeof createTrialStates>;

/** What this process caches of sweeps from one chunk to the next. It saves time, and changes no result. */
export interface ChunkMemory {
  readonly states: TrialStates;
  readonly results: ResultCache;
}

/** Creates empty caches. */
export function createChunkMemory(): ChunkMemory {
  return { states: createTrialStates(), results: createResultCache() };
}

function createTrialStates() {
  return createLru<readonly FoldState[]>({
    maxCount: Number.MAX_SAFE_INTEGER,
    maxBytes: MAX_STATE_BYTES,
    bytesOf: (states) => states.reduce((total, { tensors }) => total + tensors.data.byteLength + 1024, 0),
  });
}

const stateKey = (sweepId: string, number: number) => `${sweepId} ${number}`;

/**
 * Runs a chunk until it is done or `stop` aborts: the server stops, or another process has the lease. Never rejects. Returns false if the
 * chunk could not be released, so that nobody can take it before its lease ends.
 */
export async function runChunk(
  services: Services,
  chunk: SweepChunk,
  { states, results }: ChunkMemory,
  stop: AbortSignal,
): Promise<boolean> {
  const { store, log } = services;
  const { sweep } = chunk;
  const key = { sweepId: sweep.id, number: chunk.number, lease: chunk.lease };
  log.debug({ sweep_id: sweep.id, chunk: chunk.number, trials: chunk.trials.length }, "chunk leased");
  services.bus.publish(sweep.id, sweep.lastSeq);
  let hasCrashed = false;
  try {
    const left = timeLeft(sweep, Date.now());
    if (left <= 0) await end(services, chunk, [], "max_seconds is over");
    else if (chunk.trials.length === 0) hasCrashed = await plan(services, chunk, results);
    else hasCrashed = await train(services, chunk, states, stop, left);
  } catch (err) {
    log.error({ err, sweep_id: sweep.id }, "cannot run a chunk of a sweep");
    if (!(err instanceof TrainyardError)) await fail(services, sweep).catch(() => undefined);
    // A problem such as a full disk lasts for a while.
    await delay(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  try {
    // Leave another holder's chunk, and a finished one, alone.
    await store.sweeps.releaseChunk(key, hasCrashed);
    return true;
  } catch (err) {
    if (!isStorageFull(err)) log.error({ err, sweep_id: sweep.id }, "cannot release a chunk of a sweep");
    return false;
  }
}

/** Milliseconds that the sweep may still run. */
function timeLeft({ spec, startedAt }: Sweep, now: number): number {
  return spec.max_seconds === null || startedAt === null ? Number.POSITIVE_INFINITY : startedAt + spec.max_seconds * 1000 - now;
}

/** Ends a sweep that cannot continue, so that it does not run for ever. */
async function fail(services: Services, { id }: Sweep, why = "internal error"): Promise<void> {
  const to = { state: "failed" as const, at: Date.now(), reason: `${why}; see the server log under this sweep's id` };
  const failed = await services.store.sweeps.transition(id, ACTIVE_STATES, to);
  if (failed) await notifySweepChanged(services, failed);
}

const keyOf = ({ sweep, number, lease }: SweepChunk) => ({ sweepId: sweep.id, number, lease });

/** Which results of earlier trials each method gets. A halved trial has another result after each rung, so none of its results is final. */
const RESULTS_OF: { readonly [T in Method["type"]]: typeof readNewResults } = {
  grid: async () => [],
  random: async () => [],
  tpe: readNewResults,
  halving: (store, id) => readResults(store, id),
};

/** Plans the next generation, or ends the sweep when there is none. Returns whether the thread crashed. */
async function plan(services: Services, chunk: SweepChunk, cache: ResultCache): Promise<boolean> {
  const { store, log, trainingPool } = services;
  const { sweep } = chunk;
  if (chunk.crashes >= MAX_CRASHES) {
    await fail(services, sweep, `${CRASHED} while it planned trials`);
    return false;
  }
  const source = await store.sweeps.readSource(sweep.id);
  if (!source) return false;
  const { spec, chunkTrials, generation } = sweep;
  const done = trialsDone(sweep);
  const results = await RESULTS_OF[spec.method.type](store, sweep.id, done, cache);
  let next: Awaited<ReturnType<typeof trainingPool.planGeneration>>;
  try {
    next = await trainingPool.planGeneration({ spec, source, chunkTrials, done, generation, results });
  } catch (err) {
    log.error({ err, sweep_id: sweep.id }, "the training thread crashed while it planned trials");
    return true;
  }
  if (!next || next.chunks.length === 0) {
    cache.delete(sweep.id);
    await end(services, chunk, next?.pruned ?? [], "all trials are over");
    return false;
  }
  const started = await store.sweeps.startGeneration(keyOf(chunk), next, Date.now());
  if (started) await notifySweepChanged(services, started);
  return false;
}

/** Ends a sweep: makes a job of its best trial, if that was asked for, and stores the end. */
async function end(services: Services, chunk: SweepChunk, pruned: readonly number[], reason: string): Promise<void> {
  const { store, log } = services;
  const sweep = await store.sweeps.get(chunk.sweep.id);
  if (!sweep || !ACTIVE_STATES.includes(sweep.state)) return;
  const { best, spec } = sweep;
  let error: string | null = null;
  let isPromoted = false;
  if (best && spec.promote === "best") {
    try {
      await promoteTrial(servicesOf(services, sweep.project), sweep.id, best.number, sweep.bestJobId);
      isPromoted = true;
    } catch (err) {
      if (!(err instanceof TrainyardError) || err.code === "unavailable") throw err;
      error = `the best trial, ${best.number}, was not promoted: ${err.message}`;
    }
  }
  const at = Date.now();
  const to = best
    ? { state: "succeeded" as const, at, reason }
    : { state: "failed" as const, at, reason: "no trial succeeded" };
  const ended = await store.sweeps.finish(keyOf(chunk), { to, pruned, isPromoted, error });
  if (!ended) return;
  await notifySweepChanged(services, ended);
  log.info(
    { sweep_id: sweep.id, state: ended.state, trials: trialsDone(ended), best: ended.best?.number ?? null },
    "sweep ended",
  );
}

/** Trains the trials of a chunk and stores their results. Returns whether the thread crashed. */
async function train(
  services: Services,
  chunk: SweepChunk,
  states: TrialStates,
  stop: AbortSignal,
  leftMs: number,
): Promise<boolean> {
  const { store, bus, log, trainingPool, limits } = services;
  const { sweep } = chunk;
  const key = keyOf(chunk);
  let { done } = chunk;
  let failure: unknown = null;
  let isOver = false;
  const cancel = new AbortController();
  const onStop = () => cancel.abort();
  const storeAll = async (trials: readonly Trial[], reached: ReadonlyMap<number, readonly FoldState[]>): Promise<void> => {
    if (failure !== null) return;
    try {
      const stored = await store.sweeps.storeTrials(key, done, trials, Date.now());
      if (!stored) return cancel.abort();
      done += trials.length;
      isOver ||= stored.isGenerationOver;
      bus.publish(sweep.id, stored.lastSeq);
      for (const { number } of trials) states.delete(stateKey(sweep.id, number));
      for (const [number, own] of reached) states.set(stateKey(sweep.id, number), own);
    } catch (error) {
      failure = error;
      cancel.abort();
    }
  };
  const checkState = singleFlight(async () => {
    const now = await store.sweeps.get(sweep.id);
    if (!now || !ACTIVE_STATES.includes(now.state)) cancel.abort();
  });
  const unsubscribe = bus.subscribe(sweep.id, () => {
    checkState().catch((err: unknown) => log.error({ err, sweep_id: sweep.id }, "cannot check whether the sweep is to stop"));
  });
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  const timer = Number.isFinite(leftMs) ? setTimeout(onStop, Math.min(leftMs, 2 ** 31 - 1)) : undefined;
  let trials = chunk.trials;
  try {
    const [first] = trials;
    if (first && chunk.crashes >= MAX_CRASHES) {
      await storeAll([crashed(first, sweep.generation)], new Map());
      trials = trials.slice(1);
    }
    const known = trials.flatMap(({ number }) => {
      const own = states.get(stateKey(sweep.id, number));
      return own ? [[number, own] as const] : [];
    });
    const run = { sweepId: sweep.id, generation: sweep.generation, limits, trials, states: new Map(known) };
    if (trials.length > 0)
      await trainingPool.runTrials(
        { ...run, load: () => loadSource(services, sweep) },
        { onTrials: storeAll, signal: cancel.signal },
      );
  } catch (err) {
    log.error({ err, sweep_id: sweep.id }, "the training thread crashed");
    if (failure === null) return true;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
    unsubscribe();
  }
  if (failure !== null) throw failure;
  if (isOver) await services.queue.enqueue(sweep.id);
  return false;
}

function crashed({ number, parameters }: PlannedTrial, generation: number): Trial {
  const none = { value: null, projected_value: null, fold_values: null, epochs: 0, seconds: null, sha256: null, curve: null };
  return { number, generation, parameters, state: "failed", reason: CRASHED, ...none };
}

/** Reads what a thread needs to know of a sweep. */
async function loadSource({ store }: Services, { id, spec }: Sweep): Promise<SweepSource> {
  const source = await store.sweeps.readSource(id);
  if (!source) throw new TrainyardError("conflict", `the sweep ${id} was deleted`);
  const { data } = spec.job;
  if (!("dataset" in data)) return { spec, source, dataset: null };
  const dataset = await store.datasets.get(data.dataset.id);
  if (!dataset) throw new TrainyardError("conflict", `the data set ${data.dataset.id} was deleted`);
  const { rows, sha256, columns } = dataset;
  const used = columnsOf(spec);
  const names = columns.filter((column) => hasValues(column) && (!used || used.has(column.name))).map(({ name }) => name);
  const values = await store.datasets.readColumns(dataset.id, names);
  return { spec, source, dataset: { rows, sha256, columns, values } };
}

/** The columns that trials use; null where a parameter chooses among all of them. */
function columnsOf({ job, folds, parameters }: Sweep["spec"]): ReadonlySet<string> | null {
  const chooses = Object.keys(parameters).some((pointer) => pointer.startsWith("/data") || pointer.startsWith("/split"));
  if (chooses || !("dataset" in job.data)) return null;
  const { features, target, weights } = job.data.dataset;
  const others = [splitColumnOf(job.split)?.name, folds?.group, folds?.time, weights].flatMap((name) => name ?? []);
  return new Set([...features, ...target, ...others]);
}
