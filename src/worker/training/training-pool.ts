/**
 * The main side of the training threads: one job each, what they send handed on in order, cancel within half a second, and
 * every way in which a thread can die told from the ways in which training can fail.
 */
import { MessageChannel } from "node:worker_threads";
import { Piscina } from "piscina";
import type { TrainingObserver, TrainingPool, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { CONTROL, CONTROL_BYTES, STOP_REASONS, type TrainTask } from "../protocol.ts";
import { crashOf } from "../threads.ts";
import { wholeBuffers } from "../transfer.ts";
import { watchHeartbeat } from "./heartbeat.ts";
import { type EndMessage, openInbox } from "./training-inbox.ts";

export interface TrainingPoolOptions {
  /** Jobs at the same time. */
  readonly size: number;
  /** Told what a thread threw that was not meant to throw: a bug. The run then fails as `internal`. */
  readonly onBug: (error: unknown, jobId: string) => void;
  /** The thread's entry; a test may bring its own. */
  readonly entry?: URL;
  /** Of a thread's JavaScript objects; tensors and WebAssembly memory are not in it: their need is computed beforehand. */
  readonly heapMb?: number;
  /** A thread that has not come back this long after a cancel is ended by force. */
  readonly cancelGraceMs?: number;
  /**
   * A thread that shows no life for this long is ended by force: the run rejects. A sign of life comes between calls into the
   * engine, and one step of the largest network may take a minute.
   */
  readonly heartbeatMs: number;
}

/** Leaves time, of the half second that a cancel may take, for storing the outcome. */
const CANCEL_GRACE_MS = 350;

type Bounds = Required<Pick<TrainingPoolOptions, "onBug" | "cancelGraceMs" | "heartbeatMs">>;

/** Starts the pool. A run takes its payload over; the calls of its observer must not reject. */
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
    // A thread that waits in Atomics.wait never turns its event loop: the port of every run would stay in memory for good.
    atomics: "disabled",
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  // A thread that dies while idle is replaced when it is needed; without a listener the event would end the process.
  pool.on("error", (error) => onBug(error, ""));
  return {
    size,
    train: (run, observer) => train(pool, { onBug, cancelGraceMs, heartbeatMs }, run, observer),
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
    const trouble = await pool.run({ run, control, port: port2 }, options).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (!trouble) return resultOf(await inbox.end, (bug) => onBug(bug, run.job.id));
    await inbox.drain();
    if (isStuck) throw new Error(`the training thread showed no life for ${heartbeatMs / 1000} s`);
    if (kill.signal.aborted) return CANCELLED;
    throw crashOf(trouble.error, "the training thread");
  } finally {
    stopPassing();
    unwatch();
    port.close();
  }
}

/** Throws when the thread told of its own crash. */
function resultOf(end: EndMessage, onBug: (bug: unknown) => void): TrainingResult {
  if (end.kind === "result") return end.result;
  if (end.kind === "crash") throw new Error(`the training thread ${end.detail}`);
  onBug(end.error);
  return INTERNAL;
}

/** Tells the thread when it is to stop or to end, and calls `kill` when it does not end in time. Returns what ends that. */
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

/** The memory that goes to the thread with a run. */
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
  error: { code: "internal", detail: "the server failed; its log says how, under this job's id", epoch: null },
};
