/**
 * Keeps a pool at its number of threads. Piscina (5.3) replaces no thread any more once one has died while it started, for want of
 * memory or descriptors, say: when no thread is left, tasks wait for ever. Knows nothing of tasks.
 */
import type { Piscina } from "piscina";

/** From the death of a thread until it is looked whether there is another: a thread that cannot start is not started all the time. */
const LOOK_AFTER_MS = 1000;

/** A task of nothing, which no thread is given and which is withdrawn at once: a pool with too few threads starts one for it. */
const NOTHING = { filename: "node:os", name: "uptime" };

/** Gives a task to an idle thread, as a pool does by itself whose threads have one task at a time. */
export const idleFirst: NonNullable<Piscina["options"]["loadBalancer"]> = ({ filename, name }, threads) =>
  filename === NOTHING.filename && name === NOTHING.name
    ? null
    : (threads.find(({ currentUsage }) => currentUsage === 0) ?? null);

/**
 * Starts threads where a pool, whose balancer is `idleFirst`, has fewer than `minThreads` for a second. `onMissing` is told when
 * that begins, and not again before all are there. Returns a function that ends this.
 */
export function keepThreads(pool: Piscina, minThreads: number, onMissing: (error: Error) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isMissing = false;
  const plan = (): void => {
    timer ??= setTimeout(look, LOOK_AFTER_MS).unref();
  };
  const look = (): void => {
    timer = undefined;
    const missing = minThreads - pool.threads.length;
    if (missing > 0 && !isMissing) onMissing(new Error(`${missing} of ${minThreads} threads could not start`));
    isMissing = missing > 0;
    if (!isMissing) return;
    const withdrawn = new AbortController();
    for (let started = 0; started < missing; started++)
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
