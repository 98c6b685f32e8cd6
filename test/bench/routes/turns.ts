/**
 * The longest turn of the event loop, in processor time of its thread: other threads and processes on the same cores do not count, and
 * the collection of garbage on this thread does. A turn that serves several callbacks counts as one.
 */

/** Watches from now on. */
export function watchTurns(): { /** The longest turn since the last call, in milliseconds. */ take(): number; stop(): void } {
  let longest = 0;
  let isOver = false;
  let before = process.threadCpuUsage();
  const turn = (): void => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user + now.system - before.user - before.system);
    before = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    take() {
      const ms = longest / 1000;
      longest = 0;
      before = process.threadCpuUsage();
      return ms;
    },
    stop() {
      isOver = true;
    },
  };
}
