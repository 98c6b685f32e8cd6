/**
 * Stores this process's counts of predictions, and judges the windows that they complete. Counts of the last seconds are only in memory: a
 * killed process loses them, one that stops stores them.
 */

import { createLru, type Lru } from "../../domain/memory/lru.ts";
import type { Model } from "../../domain/models/model.ts";
import { judgeWindow, WINDOW_ROWS } from "../../domain/monitoring/drift.ts";
import { type Layout, layoutOf } from "../../domain/monitoring/layout.ts";
import { driftMessage } from "../../domain/monitoring/messages.ts";
import type { Monitor, MonitorWindow } from "../../domain/monitoring/monitor-store.ts";
import type { CountedModel } from "../../domain/ports.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";

/** How long counts wait in memory if no window is full. */
const EVERY_MS = 2000;
/**
 * Between two times that counts are stored, at least. Each costs two commits, some milliseconds: without this, a server that predicts
 * thousands of rows a second would spend a third of its processor on them. What comes meanwhile makes a larger window.
 */
const MIN_BETWEEN_MS = 1000;
/**
 * Storing takes no more than one part in so many of the time, on a slow disk or on a machine that others use too; but it waits no longer than
 * MAX_BETWEEN_MS, since a process that is killed loses what it has not stored.
 */
const SHARE = 50;
const MAX_BETWEEN_MS = 5000;
/** Models whose counts are stored at the same time: the database commits them together. */
const AT_ONCE = 16;

/** Maximum number of models cached between two windows: their records are long, and always the same for a window. */
const MAX_JUDGED = 100;

/** What a model's windows are compared with. It never changes. */
interface Judged {
  readonly model: Pick<Model, "id" | "name" | "version">;
  readonly layout: Layout;
}

type Monitoring = Pick<Services, "store" | "computePool" | "log">;

export interface CountKeeper {
  /** Stores the counts so far. */
  flush(): Promise<void>;
  /** Stores the rest. */
  stop(): Promise<void>;
}

/** Starts storing counts: when a window is full, and every `everyMs`. */
export function startCountKeeper(services: Monitoring, everyMs = EVERY_MS): CountKeeper {
  const { computePool, log } = services;
  const judged = createLru<Judged>({ maxCount: MAX_JUDGED, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  const store = async (counted: CountedModel, since: number): Promise<void> => {
    try {
      await storeCounts(services, counted, since, judged);
    } catch (err) {
      const fields = { err, model_id: counted.modelId, rows: counted.rows };
      log.warn(fields, "cannot store what a model was asked: rows are not counted");
    }
  };
  let nextAt = Number.NEGATIVE_INFINITY;
  let takenAt = Date.now();
  const flush = singleFlight(async () => {
    const since = takenAt;
    takenAt = Date.now();
    const startedAt = performance.now();
    const all = computePool.counted.take();
    for (let from = 0; from < all.length; from += AT_ONCE)
      await Promise.all(all.slice(from, from + AT_ONCE).map((counted) => store(counted, since)));
    const endedAt = performance.now();
    nextAt = endedAt + Math.min(MAX_BETWEEN_MS, Math.max(MIN_BETWEEN_MS, SHARE * (endedAt - startedAt)));
  });
  let soon: NodeJS.Timeout | null = null;
  computePool.counted.onWindow(() => {
    if (soon) return;
    const wait = nextAt - performance.now();
    const flushNow = () => {
      soon = null;
      void flush();
    };
    soon = setTimeout(flushNow, Math.max(0, wait)).unref();
  });
  const timer = setInterval(() => {
    if (performance.now() >= nextAt) void flush();
  }, everyMs);
  timer.unref();
  return {
    flush,
    async stop() {
      clearInterval(timer);
      if (soon) clearTimeout(soon);
      await flush();
    },
  };
}

async function storeCounts(
  { store, computePool, log }: Monitoring,
  { modelId, sampled, ...counts }: CountedModel,
  since: number,
  known: Lru<Judged>,
): Promise<void> {
  const stored = await store.monitors.add(modelId, counts, WINDOW_ROWS, Date.now());
  // From now on this process knows the sample option that another process has set for this model.
  const isSampled = stored !== null && stored.monitor.sampleRows > 0;
  computePool.counted.sample(modelId, isSampled);
  if (isSampled && sampled.length > 0) await store.monitors.keepRows(modelId, sampled, Date.now(), since);
  if (!stored || stored.unjudged.length === 0) return;
  const found = known.get(modelId) ?? (await readJudged(store, modelId));
  if (!found) return;
  known.set(modelId, found);
  const { model, layout } = found;
  let { drifted } = stored.monitor;
  for (const window of stored.unjudged) {
    const verdict = judgeWindow(layout, window.counts);
    const judged = { number: window.number, verdict, at: Date.now() };
    const body = driftMessage(model, layout, window, verdict, drifted);
    const message = messageTo(stored.monitor, body);
    const isFirst = await store.monitors.judge(modelId, { ...judged, message });
    if (isFirst && body !== null) logDrift(log, modelId, window, verdict.drifted);
    drifted = verdict.drifted;
  }
}

async function readJudged(store: Monitoring["store"], modelId: string): Promise<Judged | null> {
  const model = await store.models.get(modelId);
  const layout = model && layoutOf(model);
  return layout && { model, layout };
}

const messageTo = ({ webhook }: Monitor, body: string | null) =>
  webhook !== null && body !== null ? { url: webhook, body } : null;

function logDrift(log: Services["log"], modelId: string, { number, rows }: MonitorWindow, drifted: readonly string[]): void {
  const fields = { model_id: modelId, window: number, rows, columns: drifted };
  if (drifted.length > 0) log.warn(fields, "rows to predict differ from those of training");
  else log.info(fields, "rows to predict are like those of training again");
}
