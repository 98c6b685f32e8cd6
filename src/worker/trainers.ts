/** The main side of the training threads: one job each, slices handed on in order, cancel within half a second. */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { Piscina } from "piscina";
import type { MetricSlice } from "../domain/metric.ts";
import type { Trainers, TrainingObserver, TrainingResult, TrainingRun } from "../domain/ports.ts";
import { CONTROL, CONTROL_BYTES, type TrainMessage, type TrainTask } from "./protocol.ts";
import { deathOf } from "./threads.ts";
import { wholeBuffers } from "./transfer.ts";

export interface TrainersOptions {
  /** Jobs at the same time. */
  readonly size: number;
  /** Told what a thread threw that was not meant to throw: a defect. The run then fails as `internal`. */
  readonly onDefect: (error: unknown, jobId: string) => void;
  /** The thread's entry; a test may bring its own. */
  readonly entry?: URL;
  /** Of a thread's JavaScript objects; tensors and WebAssembly memory are not in it: their need is computed beforehand. */
  readonly heapMb?: number;
  /** A thread that has not come back this long after a cancel is ended by force. */
  readonly cancelGraceMs?: number;
}

/** Leaves time, of the half second that a cancel may take, for storing the outcome. */
const CANCEL_GRACE_MS = 350;

/** Starts the pool. A run takes its payload over; `onEpochs` of its observer must not reject. */
export function createTrainers({
  size,
  onDefect,
  entry,
  heapMb = 1024,
  cancelGraceMs = CANCEL_GRACE_MS,
}: TrainersOptions): Trainers {
  const pool = new Piscina({
    filename: (entry ?? new URL("./train.ts", import.meta.url)).href,
    minThreads: size,
    maxThreads: size,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  // A thread that dies while idle is replaced when it is needed; without a listener the event would end the process.
  pool.on("error", (error) => onDefect(error, ""));
  return {
    size,
    train: (run, observer) => train(pool, { onDefect, cancelGraceMs }, run, observer),
    close: () => pool.destroy(),
  };
}

const CANCELLED: TrainingResult = { state: "cancelled", metrics: null };

async function train(
  pool: Piscina<TrainTask, void>,
  { onDefect, cancelGraceMs }: Required<Pick<TrainersOptions, "onDefect" | "cancelGraceMs">>,
  run: TrainingRun,
  { onEpochs, signal }: TrainingObserver,
): Promise<TrainingResult> {
  if (signal.aborted) return CANCELLED;
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const { port1: port, port2 } = new MessageChannel();
  const kill = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    Atomics.store(control, CONTROL.cancelled, 1);
    Atomics.notify(control, CONTROL.acknowledged);
    grace = setTimeout(() => kill.abort(), cancelGraceMs);
  };
  signal.addEventListener("abort", cancel, { once: true });
  const received = receive(port, control, onEpochs);
  try {
    const buffers = wholeBuffers([...(run.payload ? [run.payload.data] : []), ...(run.dataset?.values.values() ?? [])]);
    await pool.run({ run, control, port: port2 }, { transferList: [port2, ...buffers], signal: kill.signal });
    const end = await received.end;
    if (end.kind === "result") return end.result;
    onDefect(end.error, run.job.id);
    return INTERNAL;
  } catch (error) {
    await received.drain();
    if (kill.signal.aborted) return CANCELLED;
    throw deathOf(error, "the training thread");
  } finally {
    clearTimeout(grace);
    signal.removeEventListener("abort", cancel);
    port.close();
  }
}

const INTERNAL: TrainingResult = {
  state: "failed",
  metrics: null,
  error: { code: "internal", detail: "the server failed; its log says how, under this job's id", epoch: null },
};

/**
 * What comes through a run's port. `end` is its last message, once every slice before it was dealt with; slices are handed
 * on one at a time. `drain` deals with what a thread had still sent when it died.
 */
function receive(
  port: MessagePort,
  control: Int32Array<SharedArrayBuffer>,
  onEpochs: TrainingObserver["onEpochs"],
): { readonly end: Promise<Exclude<TrainMessage, { kind: "slice" }>>; drain(): Promise<void> } {
  const end = Promise.withResolvers<Exclude<TrainMessage, { kind: "slice" }>>();
  let pending = Promise.resolve();
  const handOn = async (slice: MetricSlice): Promise<void> => {
    await onEpochs(slice);
    Atomics.add(control, CONTROL.acknowledged, 1);
    Atomics.notify(control, CONTROL.acknowledged);
  };
  const take = (message: TrainMessage): void => {
    pending = pending.then(() => (message.kind === "slice" ? handOn(message.slice) : end.resolve(message)));
  };
  port.on("message", take);
  return {
    end: end.promise,
    drain() {
      for (let entry = receiveMessageOnPort(port); entry; entry = receiveMessageOnPort(port)) take(entry.message);
      return pending;
    },
  };
}
