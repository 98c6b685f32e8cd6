/** The main side of trials in training threads: sends the sweep to a thread that lacks it, passes on results in order, cancels. */
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { SweepSource, TrialsObserver, TrialsRun } from "../../domain/sweeps/trial-run.ts";
import { CONTROL, CONTROL_BYTES, type TrialsMessage, type TrialsTask } from "../protocol.ts";
import type { ThreadPool } from "../thread-pool.ts";
import { crashOf } from "../threads.ts";
import { wholeBuffers } from "../transfer.ts";
import { watchHeartbeat } from "./heartbeat.ts";

interface TrialsBounds {
  readonly onBug: (error: unknown, id: string) => void;
  readonly cancelGraceMs: number;
  readonly heartbeatMs: number;
}

/** See TrainingPool.runTrials. */
export async function runTrials(
  pool: ThreadPool,
  bounds: TrialsBounds,
  { load, ...run }: TrialsRun,
  observer: TrialsObserver,
): Promise<void> {
  if (await runOnce(pool, bounds, run, null, observer)) return;
  // Another thread may be idle now, which gets the sweep all the same.
  await runOnce(pool, bounds, run, await load(), observer);
}

/** Returns false if the thread lacks the sweep, and was not given it. */
async function runOnce(
  pool: ThreadPool,
  { onBug, cancelGraceMs, heartbeatMs }: TrialsBounds,
  run: TrialsTask["run"],
  source: SweepSource | null,
  { onTrials, signal }: TrialsObserver,
): Promise<boolean> {
  if (signal.aborted) return true;
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const { port1: port, port2 } = new MessageChannel();
  const kill = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const onCancel = (): void => {
    Atomics.store(control, CONTROL.cancelled, 1);
    grace = setTimeout(() => kill.abort(), cancelGraceMs);
  };
  signal.addEventListener("abort", onCancel, { once: true });
  const watch = watchHeartbeat(control, heartbeatMs, () => kill.abort());
  const end = Promise.withResolvers<Exclude<TrialsMessage, { kind: "trials" }>>();
  let stored: Promise<unknown> = Promise.resolve();
  const handle = (message: TrialsMessage): void => {
    if (message.kind === "trials") stored = stored.then(() => onTrials(message.trials, message.states));
    else stored = stored.then(() => end.resolve(message));
  };
  port.on("message", handle);
  const task: TrialsTask = { run, source, limits: run.limits, control, port: port2 };
  const buffers = source ? wholeBuffers([source.source, ...(source.dataset?.values.values() ?? [])]) : [];
  try {
    const transferList = [port2, ...buffers];
    const failure = await pool.run({ name: "trials", task, transferList, signal: kill.signal, onStart: watch.onStart }).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (failure) {
      for (let entry = receiveMessageOnPort(port); entry; entry = receiveMessageOnPort(port)) handle(entry.message);
      await stored;
      const stuck = watch.fault();
      if (stuck) throw stuck;
      if (kill.signal.aborted) return true;
      throw crashOf(failure.error, "the training thread");
    }
    const last = await end.promise;
    if (last.kind === "end") return !last.missing;
    if (last.kind === "bug") onBug(last.error, run.sweepId);
    throw new Error(
      last.kind === "crash" ? `the training thread ${last.detail}` : "internal error; see the server log under this id",
    );
  } finally {
    clearTimeout(grace);
    signal.removeEventListener("abort", onCancel);
    watch.end();
    port.close();
  }
}
