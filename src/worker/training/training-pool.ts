/**
 * The main side of the training threads. Each thread runs one job. The pool passes on messages in order, cancels within half a
 * second, and tells crashes of a thread from failures of training.
 */
import { MessageChannel } from "node:worker_threads";
import { Piscina } from "piscina";
import type { TrainingObserver, TrainingPool, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { CONTROL, CONTROL_BYTES, STOP_REASONS, type TrainTask } from "../protocol.ts";
import { crashOf } from "../threads.ts";
import { wholeBuffers } from "../transfer.ts";
import { watchHeartbeat } from "./heartbeat.ts";
import { type EndMessage, openInbox } from "./training-inbox.ts";
import { runTrials } from "./trials-pool.ts";

export interface TrainingPoolOptions {
  /** Number of threads, and of jobs at the same time. */
  readonly size: number;
  /** Called with an unexpected error of a thread: a bug. The run then fails as `internal`. */
  readonly onBug: (error: unknown, jobId: string) => void;
  /** The entry file of a thread. Default: train.ts; a test may use its own. */
  readonly entry?: URL;
  /** Heap of a thread for JavaScript objects. Tensors and WebAssembly memory are extra; their size is computed beforehand. */
  readonly heapMb?: number;
  /** A thread that has not ended this long after a cancel is terminated. */
  readonly cancelGraceMs?: number;
  /**
   * A thread without a heartbeat for this long is terminated, and its run rejects. Threads beat between calls into the engine,
   * and one step of the largest network may take a minute.
   */
  readonly heartbeatMs: number;
}

/** Default of `cancelGraceMs`. A cancel may take half a second; the rest is for storing the outcome. */
const CANCEL_GRACE_MS = 350;

type Bounds = Required<Pick<TrainingPoolOptions, "onBug" | "cancelGraceMs" | "heartbeatMs">>;

/** Starts the pool. The payload of a run is transferred to its thread. The functions of its observer must not reject. */
export function createTrainingPool({
  size,
  onBug,
  entry,
  heapMb = 1024,
  cancelGraceMs = CANCEL_GRACE_MS,
  heartbeatMs,
}: TrainingPoolOptions): TrainingPool {
  const pool = new Piscina({
    filename: (entry ?? new URL("./train.ts", import.meta.url)).href,
    minThreads: size,
    maxThreads: size,
    // A thread that waits in Atomics.wait never runs its event loop, and would keep the port of every run in memory.
    atomics: "disabled",
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  // Piscina replaces an idle thread that crashes when it is needed. Without a listener the event would end the process.
  pool.on("error", (error) => onBug(error, ""));
  return {
    size,
    train: (run, observer) => train(pool, { onBug, cancelGraceMs, heartbeatMs }, run, observer),
    runTrials: (run, observer) => runTrials(pool, { onBug, cancelGraceMs, heartbeatMs }, run, observer),
    planGeneration: (request) =>
      pool
        .run(request, { name: "plan", transferList: wholeBuffers([request.source, ...request.results]) })
        .catch((error: unknown) => {
          throw crashOf(error, "the training thread");
        }),
    close: () => pool.destroy(),
  };
}

const CANCELLED: TrainingResult = { state: "cancelled", metrics: null };

async function train(
  pool: Piscina<TrainTask, void>,
  { onBug, cancelGraceMs, heartbeatMs }: Bounds,
  run: TrainingRun,
  observer: TrainingObserver,
): Promise<TrainingResult> {
  if (observer.signal.aborted) return CANCELLED;
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const { port1: port, port2 } = new MessageChannel();
  const kill = new AbortController();
  const stopPassing = passSignals(control, observer, () => kill.abort(), cancelGraceMs);
  let isStuck = false;
  const unwatch = watchHeartbeat(control, heartbeatMs, () => {
    isStuck = true;
    kill.abort();
  });
  const inbox = openInbox(port, control, observer);
  const options = { transferList: [port2, ...buffersOf(run)], signal: kill.signal };
  try {
    const failure = await pool.run({ run, control, port: port2 }, options).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (!failure) return resultOf(await inbox.end, (bug) => onBug(bug, run.job.id));
    await inbox.drain();
    if (isStuck) throw new Error(`the training thread did not respond for ${heartbeatMs / 1000} s`);
    if (kill.signal.aborted) return CANCELLED;
    throw crashOf(failure.error, "the training thread");
  } finally {
    stopPassing();
    unwatch();
    port.close();
  }
}

/** Returns the result of a run. Throws when the thread reported a crash of its own. */
function resultOf(end: EndMessage, onBug: (bug: unknown) => void): TrainingResult {
  if (end.kind === "result") return end.result;
  if (end.kind === "crash") throw new Error(`the training thread ${end.detail}`);
  onBug(end.error);
  return INTERNAL;
}

/**
 * Passes stop and cancel signals to the thread, and calls `kill` when it does not end in time after a cancel. Returns a function
 * that ends this.
 */
function passSignals(
  control: Int32Array<SharedArrayBuffer>,
  { signal, stop }: TrainingObserver,
  kill: () => void,
  graceMs: number,
): () => void {
  let grace: NodeJS.Timeout | undefined;
  const onCancel = (): void => {
    Atomics.store(control, CONTROL.cancelled, 1);
    Atomics.notify(control, CONTROL.acknowledged);
    Atomics.notify(control, CONTROL.stored);
    grace = setTimeout(kill, graceMs);
  };
  const onStop = (): void => {
    Atomics.store(control, CONTROL.stop, 1 + STOP_REASONS.indexOf(stop.reason === "pause" ? "pause" : "stop"));
  };
  signal.addEventListener("abort", onCancel, { once: true });
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) onStop();
  return () => {
    clearTimeout(grace);
    signal.removeEventListener("abort", onCancel);
    stop.removeEventListener("abort", onStop);
  };
}

/** Returns the buffers of a run, which are transferred to the thread. */
function buffersOf({ payload, dataset, checkpoint }: TrainingRun): ArrayBuffer[] {
  return wholeBuffers([
    ...(payload ? [payload.data] : []),
    ...(checkpoint ? [checkpoint.tensors.data] : []),
    ...(dataset?.values.values() ?? []),
  ]);
}

const INTERNAL: TrainingResult = {
  state: "failed",
  metrics: null,
  error: { code: "internal", detail: "internal error; see the server log under this job's id", epoch: null },
};
