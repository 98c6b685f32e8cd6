/**
 * Keeps a pool at its number of threads. Piscina (5.3) replaces no thread any more once one has died while it started, for want of
 * memory or descriptors, say: when no thread is left, tasks wait for ever. Knows nothing of tasks.
 */
import type { Piscina } from "piscina";

/** From the death of a thread until it is looked whether there is another: a thread that cannot start is not started all the time. */
const LOOK_AFTER_MS = 1000;

/** A task of nothing, which is withdrawn at once: a pool starts a thread for it, or ends an idle one and starts all that it lacks. */
const NOTHING = { filename: "node:os", name: "uptime" };

/** Starts a thread where a pool has fewer than `minThreads` for a second. Returns a function that ends this. */
export function keepThreads(pool: Piscina, minThreads: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const plan = (): void => {
    timer ??= setTimeout(look, LOOK_AFTER_MS).unref();
  };
  const look = (): void => {
    timer = undefined;
    if (pool.threads.length >= minThreads) return;
    const withdrawn = new AbortController();
    pool.run(undefined, { ...NOTHING, signal: withdrawn.signal }).catch(() => undefined);
    withdrawn.abort();
    plan();
  };
  pool.on("workerDestroy", plan);
  return () => {
    pool.off("workerDestroy", plan);
    clearTimeout(timer);
  };
}
