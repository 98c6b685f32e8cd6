/** Watches the heartbeat of a training thread. Does not know how the thread is ended. */
import { CONTROL } from "../protocol.ts";

/** Number of checks within one period. */
const CHECKS = 10;

export interface HeartbeatWatch {
  /** Begins the period anew: a thread got the task. */
  readonly onStart: () => void;
  /** Why the task was given up; null if it was not. */
  fault(): Error | null;
  /** Ends the watch. */
  end(): void;
}

/**
 * Calls `giveUp` when the heartbeat has not changed for `periodMs`, or no thread got the task in that time. Counts checks instead of
 * comparing clocks, so that a halted process or a sleeping machine does not make the threads look stuck.
 */
export function watchHeartbeat(control: Int32Array<SharedArrayBuffer>, periodMs: number, giveUp: () => void): HeartbeatWatch {
  let last = Atomics.load(control, CONTROL.heartbeat);
  let silent = 0;
  let hasStarted = false;
  let fault: Error | null = null;
  const timer = setInterval(() => {
    const beats = Atomics.load(control, CONTROL.heartbeat);
    silent = beats === last ? silent + 1 : 0;
    last = beats;
    if (silent < CHECKS) return;
    clearInterval(timer);
    const what = hasStarted ? "the training thread did not respond" : "no training thread was there";
    fault = new Error(`${what} for ${periodMs / 1000} s`);
    giveUp();
  }, periodMs / CHECKS);
  return {
    onStart() {
      hasStarted = true;
      silent = 0;
    },
    fault: () => fault,
    end: () => clearInterval(timer),
  };
}
