/**
 * The main side of the training threads. Each thread runs one job. The pool passes on messages in order, cancels within half a
 * second, and tells crashes of a thread from failures of training.
 */
import { MessageChannel } from "node:worker_threads";
import { questionOf } from "../../domain/jobs/trained-spec.ts";
import type { TrainingObserver, TrainingPool, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { MAX_THREADS } from "../../domain/spec/run-options.ts";
import { isSearch } from "../../domain/spec/spec.ts";
import type { PlannedGeneration } from "../../domain/sweeps/trial-run.ts";
import type { Invitation } from "../../training/run/team.ts";
import { CONTROL, CONTROL_BYTES, STOP_REASONS, type TrainTask } from "../protocol.ts";
import { createThreadPool, type ThreadPool } from "../thread-pool.ts";
import { crashOf } from "../threads.ts";
import { wholeBuffers } from "../transfer.ts";
import { type CoreShares, createCoreShares } from "./core-shares.ts";
import { watchHeartbeat } from "./heartbeat.ts";
import { openTeam, type TeamMembers } from "./team-members.ts";
import { type EndMessage, openInbox } from "./training-inbox.ts";
import { runTrials } from "./trials-pool.ts";

export interface TrainingPoolOptions {
  /** Number of threads, and of jobs at the same time. Threads without a job help the others. */
  readonly size: number;
  /** Called with an unexpected error of a thread: a bug. The run then fails as `internal`. */
  readonly onBug: (error: unknown, jobId: string) => void;
  /** Called with whether there is any thread, when one starts and when one is missing. */
  readonly onThreads?: (hasThreads: boolean) => void;
  /** The entry file of a thread. Default: train.ts; a test may use its own. */
  readonly entry?: URL;
  /** The entry file of a thread that helps another. Default: team-thread.ts; a test may use its own. */
  readonly memberEntry?: URL;
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

/** A shorter run gets no help: starting a thread takes as long. */
const HELP_AFTER_MS = 100;

/** Default of `cancelGraceMs`. A cancel may take half a second; the rest is for storing the outcome. */
const CANCEL_GRACE_MS = 350;

type Bounds = Required<Pick<TrainingPoolOptions, "onBug" | "cancelGraceMs" | "heartbeatMs">>;

/** How the runs of a pool help one another. */
interface Helping {
  readonly shares: CoreShares;
  /** Number of threads of the pool. */
  readonly size: number;
  readonly memberEntry: URL | undefined;
}

/** Starts the pool. The payload of a run is transferred to its thread. The functions of its observer must not reject. */
export function createTrainingPool({
  size,
  onBug,
  onThreads,
  entry,
  memberEntry,
  heapMb = 1024,
  cancelGraceMs = CANCEL_GRACE_MS,
  heartbeatMs,
}: TrainingPoolOptions): TrainingPool {
  const pool = createThreadPool({
    entry: entry ?? new URL("./train.ts", import.meta.url),
    minThreads: size,
    maxThreads: size,
    heapMb,
    onError: (error) => onBug(error, ""),
    onThreads,
  });
  pool.start();
  const bounds = { onBug, cancelGraceMs, heartbeatMs };
  const shares = createCoreShares(size);
  const onOneCore = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const share = shares.take(1);
    return work().finally(share.release);
  };
  return {
    size,
    train: (run, observer) => train(pool, { ...bounds, shares, size, memberEntry }, run, observer),
    runTrials: (run, observer) => onOneCore(() => runTrials(pool, bounds, run, observer)),
    async planGeneration(request) {
      const transferList = wholeBuffers([request.source, ...request.results]);
      try {
        return (await onOneCore(() => pool.run({ name: "plan", task: request, transferList }))) as PlannedGeneration | null;
      } catch (error) {
        throw crashOf(error, "the training thread");
      }
    },
    close: () => pool.close(),
  };
}

const CANCELLED: TrainingResult = { state: "cancelled", metrics: null };

async function train(
  pool: ThreadPool,
  { onBug, cancelGraceMs, heartbeatMs, shares, size, memberEntry }: Bounds & Helping,
  run: TrainingRun,
  observer: TrainingObserver,
): Promise<TrainingResult> {
  if (observer.signal.aborted) return CANCELLED;
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const { port1: port, port2 } = new MessageChannel();
  const kill = new AbortController();
  const stopPassing = passSignals(control, observer, () => kill.abort(), cancelGraceMs);
  const watch = watchHeartbeat(control, heartbeatMs, () => kill.abort());
  const { spec } = run.job;
  const threads = Math.min(spec.threads ?? size, size, MAX_THREADS);
  // A search has an assistant, which trains its own candidates.
  const share = shares.take(isSearch(spec) ? Math.min(2, size) : 1);
  if (questionOf(spec)) share.request(threads, (cores) => Atomics.store(control, CONTROL.cores, cores));
  let members: TeamMembers | null = null;
  let help: NodeJS.Timeout | undefined;
  const onFault = (error: unknown) => onBug(error, run.job.id);
  let isAlone = false;
  const onTeam = (invitation: Invitation) => {
    clearTimeout(help);
    members?.close();
    // Threads that could not start for the steps are not tried again for the evaluation.
    if (isAlone) return;
    help = setTimeout(() => {
      const goOnAlone = () => {
        isAlone = true;
        share.request(1, opened.allow);
        opened.allow(1);
      };
      const opened = openTeam(invitation, (error) => onBug(error, run.job.id), goOnAlone, memberEntry);
      members = opened;
      share.request(threads, opened.allow);
    }, HELP_AFTER_MS);
  };
  const inbox = openInbox(port, control, observer, onTeam, onFault);
  const task: TrainTask = { run, control, port: port2, threads, takesLast: observer.takesLast ?? false };
  const transferList = [port2, ...buffersOf(run)];
  try {
    const failure = await pool.run({ name: "train", task, transferList, signal: kill.signal, onStart: watch.onStart }).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (!failure) return resultOf(await inbox.end, onFault);
    await inbox.drain();
    const stuck = watch.fault();
    if (stuck) throw stuck;
    if (kill.signal.aborted) return CANCELLED;
    throw crashOf(failure.error, "the training thread");
  } finally {
    clearTimeout(help);
    share.release();
    (members as TeamMembers | null)?.close();
    stopPassing();
    watch.end();
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
