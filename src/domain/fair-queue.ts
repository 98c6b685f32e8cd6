/**
 * A fair queue for work on few slots: threads of a pool, or tasks that hold much memory. It knows nothing of either. The next task comes
 * from the tenant with the fewest tasks running; among equals, from the tenant that was served longest ago. The queue of jobs follows
 * the same rule in SQL (storage/queries/jobs/shares.ts).
 */
import { TrainyardError } from "./errors.ts";

export interface FairQueueOptions {
  /** Tasks that run at the same time. */
  readonly slots: number;
  /** Bounds how many tasks of one tenant may wait. Without it, any number may. */
  readonly waiting?: {
    readonly most: number;
    /** What the tasks are, for the error: "comparisons". */
    readonly name: string;
  };
}

export interface QueuedTask {
  /** Whose task it is, such as a project. */
  readonly tenant: string;
  /** Whether it may take long. The long tasks of one tenant leave one slot free where there are two or more. False by default. */
  readonly isLong?: boolean | undefined;
  /** Aborts when nobody waits for the task any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface FairQueue {
  /**
   * Calls `start` when a slot is free for the task, and settles as its promise does. Rejects with the signal's reason if that aborts
   * before, and with `unavailable` if too many tasks of the tenant wait already.
   */
  run<Result>(task: QueuedTask, start: () => Promise<Result>): Promise<Result>;
}

interface Waiting {
  /** Order of arrival. */
  readonly arrival: number;
  readonly start: () => void;
}

/** The tasks of one tenant. It is forgotten when it has none. */
interface Tenant {
  readonly long: Waiting[];
  readonly short: Waiting[];
  running: number;
  runningLong: number;
  /** When it was last served, counted in tasks. */
  lastServed: number;
}

/** Creates an empty queue. */
export function createFairQueue({ slots, waiting: bound }: FairQueueOptions): FairQueue {
  const longSlots = Math.max(1, slots - 1);
  const tenants = new Map<string, Tenant>();
  let running = 0;
  let arrivals = 0;
  let served = 0;

  const tenantOf = (name: string): Tenant => {
    const known = tenants.get(name);
    if (known) return known;
    const added: Tenant = { long: [], short: [], running: 0, runningLong: 0, lastServed: 0 };
    tenants.set(name, added);
    return added;
  };

  /** The tenant's waiting task that is next: the oldest of those that may run now. */
  const nextOf = ({ long, short, runningLong }: Tenant): Waiting[] | null => {
    const [firstLong, firstShort] = [runningLong < longSlots ? long[0] : undefined, short[0]];
    if (!firstLong) return firstShort ? short : null;
    return firstShort && firstShort.arrival < firstLong.arrival ? short : long;
  };

  const startNext = (): void => {
    while (running < slots) {
      let best: { readonly tenant: Tenant; readonly queue: Waiting[] } | null = null;
      for (const tenant of tenants.values()) {
        const queue = nextOf(tenant);
        if (queue && (!best || isBefore(tenant, best.tenant))) best = { tenant, queue };
      }
      if (!best) return;
      best.tenant.lastServed = ++served;
      best.queue.shift()?.start();
    }
  };

  return {
    run<Result>({ tenant: name, isLong = false, signal }: QueuedTask, start: () => Promise<Result>): Promise<Result> {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const tenant = tenantOf(name);
      if (bound && running >= slots && tenant.long.length + tenant.short.length >= bound.most)
        return Promise.reject(
          new TrainyardError(
            "unavailable",
            `${bound.most} ${bound.name} of this project are already waiting, the most at a time: ask again later`,
          ),
        );
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const count = (by: 1 | -1): void => {
        running += by;
        tenant.running += by;
        if (isLong) tenant.runningLong += by;
      };
      const forgetIdle = (): void => {
        if (tenant.running === 0 && tenant.long.length + tenant.short.length === 0) tenants.delete(name);
      };
      const end = (): void => {
        count(-1);
        forgetIdle();
        startNext();
      };
      const queue = isLong ? tenant.long : tenant.short;
      const withdraw = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        forgetIdle();
        reject(signal?.reason);
      };
      const begin = (): void => {
        signal?.removeEventListener("abort", withdraw);
        count(1);
        start().then(resolve, reject).finally(end);
      };
      const waiting: Waiting = { arrival: arrivals++, start: begin };
      queue.push(waiting);
      signal?.addEventListener("abort", withdraw);
      startNext();
      return promise;
    },
  };
}

function isBefore(a: Tenant, b: Tenant): boolean {
  return a.running === b.running ? a.lastServed < b.lastServed : a.running < b.running;
}
