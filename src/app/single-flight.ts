/** Many requests to look, few looks. */

/**
 * A trigger for a task that runs one at a time. The promise it returns is that of a run that begins after the call: the
 * one that starts now, or the next one, shared by all who ask while a run is under way.
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
