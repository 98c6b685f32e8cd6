/**
 * The longest turn of the event loop, in processor time of its thread: other threads and processes on the same cores do not count, and
 * the collection of garbage on this thread does. A turn that serves several callbacks counts as one.
 */

/** A turn, with its times on the monotonic clock, in microseconds. */
export interface Turn {
  /** Processor time, in milliseconds. */
  readonly ms: number;
  readonly from: number;
  readonly to: number;
}

const NONE: Turn = { ms: 0, from: 0, to: 0 };

/** A turn that took less by the clock on the wall is not measured further: it is added to the next one that took more. */
const SHORT_US = 500;

/** Watches from now on. */
export function watchTurns(): { /** The longest turn since the last call. */ take(): Turn; stop(): void } {
  let longest = NONE;
  let isOver = false;
  let before = { us: microseconds(), cpu: processorTime() };
  const turn = (): void => {
    const us = microseconds();
    if (us - before.us > SHORT_US) {
      const cpu = processorTime();
      const ms = (cpu - before.cpu) / 1000;
      if (ms > longest.ms) longest = { ms, from: before.us, to: us };
      before = { us: microseconds(), cpu };
    }
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    take() {
      const taken = longest;
      longest = NONE;
      before = { us: microseconds(), cpu: processorTime() };
      return taken;
    },
    stop() {
      isOver = true;
    },
  };
}

const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Microseconds of processor time of this thread. The system adds up the time of a thread when it takes the core from it, and every four
 * milliseconds: giving the core up for a moment makes the number exact.
 */
function processorTime(): number {
  Atomics.wait(cell, 0, 0, 0.01);
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);
