/**
 * Keeps a pool at its number of threads. Piscina (5.3) stops replacing threads after one has died while it started, for example for lack of
 * memory or descriptors; when no thread is left, tasks wait for ever. Knows nothing of tasks.
 */
import type { Piscina } from "piscina";

/** Time from the death of a thread until the check for another: a thread that cannot start must not be restarted all the time. */
const LOOK_AFTER_MS = 1000;

/** An empty task, which no thread gets and which is withdrawn at once: a pool with too few threads starts one for it. */
const NOTHING = { filename: "node:os", name: "uptime" };

/** Gives a task to an idle thread, as a pool with one task for each thread does by itself. */
export const idleFirst: NonNullable<Piscina["options"]["loadBalancer"]> = ({ filename, name }, threads) =>
  filename === NOTHING.filename && name === NOTHING.name
    ? null
    : (threads.find(({ currentUsage }) => currentUsage === 0) ?? null);

/**
 * Starts threads when a pool, whose balancer is `idleFirst`, has had fewer than `minThreads` for a second. Calls `onMissing` when that
 * begins, and not again before all are there; calls `onThreads` with whether there is any, each time that one starts or is missing. Returns
 * a function that ends this.
 */
export function keepThreads(
  pool: Piscina,
  minThreads: number,
  onMissing: (error: Error) => void,
  onThreads: (hasThreads: boolean) => void = () => undefined,
): () => void {
  let started: { readonly destroyed: boolean }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isTold = false;
  const plan = (): void => {
    timer ??= setTimeout(look, LOOK_AFTER_MS).unref();
  };
  const look = (): void => {
    timer = undefined;
    started = started.filter(({ destroyed }) => !destroyed);
    const missing = minThreads - started.length;
    onThreads(started.length > 0);
    if (missing <= 0) {
      isTold = false;
      return;
    }
    // A starting thread takes its time while the cores are busy.
    const hasDied = pool.threads.length < minThreads;
    if (hasDied && !isTold) onMissing(new Error(`${missing} of ${minThreads} threads have not started`));
    isTold ||= hasDied;
    const withdrawn = new AbortController();
    // Starting threads count as part of the pool.
    for (let count = pool.threads.length; count < minThreads; count++)
      pool.run(undefined, { ...NOTHING, signal: withdrawn.signal }).catch(() => undefined);
    withdrawn.abort();
    plan();
  };
  const onStart = (thread: (typeof started)[number]): void => {
    started.push(thread);
    onThreads(true);
  };
  pool.on("workerCreate", onStart);
  pool.on("workerDestroy", plan);
  return () => {
    pool.off("workerCreate", onStart);
    pool.off("workerDestroy", plan);
    clearTimeout(timer);
  };
}
