/** The thread's side of a sweep: trains trials, reports them a few times a second, and plans generations. Knows no network. */
import { createLru } from "../../domain/memory/lru.ts";
import { isMaximized } from "../../domain/metrics/direction.ts";
import { dependsOnResults } from "../../domain/sweeps/method.ts";
import type { PlannedTrial, Trial, TrialResult } from "../../domain/sweeps/trial.ts";
import type { FoldState, PlannedGeneration, PlanRequest } from "../../domain/sweeps/trial-run.ts";
import { nextGeneration } from "../../training/search/methods.ts";
import { createTrialTrainer, type TrialTrainer } from "../../training/sweeps/run-trial.ts";
import { decodeResults, decodeSource, openSweep } from "../../training/sweeps/trial-source.ts";
import { CONTROL, type TrialsMessage, type TrialsTask } from "../protocol.ts";
import { exitOf } from "./training-thread.ts";

/** Time between two reports. */
const REPORT_MS = 250;
/** Sweeps whose rows and programs a thread keeps. */
const MAX_SWEEPS = 2;

const trainers = createLru<TrialTrainer>({ maxCount: MAX_SWEEPS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
/** The control cells of the current task. */
let current: Int32Array<SharedArrayBuffer> | null = null;

/** Whether the current task was cancelled. Beats. */
function cancelled(): boolean {
  if (!current) return false;
  Atomics.add(current, CONTROL.heartbeat, 1);
  return Atomics.load(current, CONTROL.cancelled) === 1;
}

/** Trains trials, and posts their results and the end to the task's port. Blocks the thread. */
export function runTrials({ run, source, limits, control, port }: TrialsTask): void {
  const post = (message: TrialsMessage) => port.postMessage(message);
  current = control;
  try {
    let trainer = trainers.get(run.sweepId);
    if (!trainer) {
      if (!source) {
        post({ kind: "end", missing: true });
        return;
      }
      trainer = createTrialTrainer(openSweep(source, limits), cancelled);
      trainers.set(run.sweepId, trainer);
    }
    trainAll(run, trainer, (trials, states) => post({ kind: "trials", trials, states }));
    post({ kind: "end", missing: false });
  } catch (error) {
    // State that the trainer shares between trials may be incomplete.
    trainers.delete(run.sweepId);
    post(exitOf(error));
  } finally {
    current = null;
  }
}

function trainAll(
  { trials, generation, states }: TrialsTask["run"],
  trainer: TrialTrainer,
  report: (trials: readonly Trial[], states: ReadonlyMap<number, readonly FoldState[]>) => void,
): void {
  let done: Trial[] = [];
  let reached = new Map<number, readonly FoldState[]>();
  let reportedAt = performance.now();
  const flush = (): void => {
    if (done.length > 0) report(done, reached);
    done = [];
    reached = new Map();
    reportedAt = performance.now();
  };
  for (const planned of trials) {
    const outcome = cancelled() ? null : trainer.run(planned, generation, states.get(planned.number) ?? null);
    if (!outcome) break;
    done.push(outcome.trial);
    if (outcome.states) reached.set(planned.number, outcome.states);
    if (performance.now() - reportedAt >= REPORT_MS) flush();
  }
  flush();
}

/** Plans the next generation of a sweep, in chunks. */
export function planNext({ spec, source, chunkTrials, done, generation, results }: PlanRequest): PlannedGeneration | null {
  const { space } = decodeSource(source);
  const { method, trials, seed, job, objective } = spec;
  const search = { space, method, trials, seed, epochs: job.epochs, isMaximized: isMaximized(objective) };
  const next = nextGeneration(search, dependsOnResults(method) ? decodeResults(results) : unknownResults(done, generation));
  if (!next) return null;
  const parts: PlannedTrial[][] = [];
  for (let start = 0; start < next.trials.length; start += chunkTrials)
    parts.push(next.trials.slice(start, start + chunkTrials));
  const chunks = parts.map((part) => ({ size: part.length, json: JSON.stringify(part) }));
  return { index: next.index, chunks, pruned: next.pruned };
}

/** This many results for a method that needs only their number. */
function unknownResults(done: number, generation: number): TrialResult[] {
  const unknown = { generation, parameters: {}, state: "failed" as const, value: null, projected_value: null };
  return Array.from({ length: done }, (_, number) => ({ number, ...unknown }));
}
