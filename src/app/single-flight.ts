/** Single flight: coalesces many calls of a task into few runs. */

/**
 * Wraps a task so that only one run of it is under way at a time. Each call returns the promise of a run that begins after the
 * call: the one that starts now, or the next one, which all calls during a run share.
 */
export function singleFlight(task: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = (): Promise<void> => {
    next = null;
    const run = task().finally(() => {
      if (current === run) current = null;
    });
    current = run;
    return run;
  };
  return () => {
    if (next) return next;
    if (!current) return start();
    next = current.then(start, start);
    return next;
  };
}
