/** Watches the heartbeat of a training thread. Does not know how the thread is ended. */
import { CONTROL } from "../protocol.ts";

/** Number of checks within one period. */
const CHECKS = 10;

/**
 * Calls `onStuck` when the heartbeat has not changed for `periodMs`. Counts checks instead of comparing clocks, so that a halted
 * process or a sleeping machine does not make the threads look stuck. Returns a function that ends the watch.
 */
export function watchHeartbeat(control: Int32Array<SharedArrayBuffer>, periodMs: number, onStuck: () => void): () => void {
  let last = Atomics.load(control, CONTROL.heartbeat);
  let silent = 0;
  const timer = setInterval(() => {
    const beats = Atomics.load(control, CONTROL.heartbeat);
    silent = beats === last ? silent + 1 : 0;
    last = beats;
    if (silent < CHECKS) return;
    clearInterval(timer);
    onStuck();
  }, periodMs / CHECKS);
  return () => clearInterval(timer);
}
