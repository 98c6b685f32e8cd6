/** Watches the sign of life of a training thread. Knows nothing of how it is ended. */
import { CONTROL } from "../protocol.ts";

/** Looks within one period. */
const LOOKS = 10;

/**
 * Calls `onStuck` when the thread has shown no life for `periodMs`. Counts looks and compares no clocks: a process that was
 * halted, or a machine that slept, finds its threads as alive as it left them. Returns what ends the watch.
 */
export function watchHeartbeat(control: Int32Array<SharedArrayBuffer>, periodMs: number, onStuck: () => void): () => void {
  let last = Atomics.load(control, CONTROL.heartbeat);
  let silent = 0;
  const timer = setInterval(() => {
    const beats = Atomics.load(control, CONTROL.heartbeat);
    silent = beats === last ? silent + 1 : 0;
    last = beats;
    if (silent < LOOKS) return;
    clearInterval(timer);
    onStuck();
  }, periodMs / LOOKS);
  return () => clearInterval(timer);
}
