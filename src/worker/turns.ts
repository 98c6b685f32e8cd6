/**
 * Whose task runs next on the threads of a pool. Tenants take turns, as projects do in the queue of jobs: the one with the fewest
 * tasks under way is next, and of several the one whose last turn is longest ago. Knows no threads.
 */

export interface TurnsOptions {
  /** Tasks that run at the same time. */
  readonly slots: number;
}

export interface Turn {
  /** Whose task it is. */
  readonly tenant: string;
  /** Whether it may take long. A tenant's long tasks leave one slot to others, where there are two or more. */
  readonly isLong: boolean;
  /** Aborts when nobody waits for the task any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface Turns {
  /** Calls `start` when it is the task's turn; settles as its promise does. Rejects with the signal's reason when that aborts before its turn. */
  run<Result>(turn: Turn, start: () => Promise<Result>): Promise<Result>;
}

interface Waiting {
  /** Place in the order in which tasks came. */
  readonly place: number;
  readonly start: () => void;
}

/** The tasks of a tenant. It is forgotten when it has none. */
interface Tenant {
  readonly long: Waiting[];
  readonly short: Waiting[];
  running: number;
  runningLong: number;
  lastTurn: number;
}

/** Turns for a pool with this many slots. */
export function createTurns({ slots }: TurnsOptions): Turns {
  const longSlots = Math.max(1, slots - 1);
  const tenants = new Map<string, Tenant>();
  let running = 0;
  let places = 0;
  let turns = 0;

  const tenantOf = (name: string): Tenant => {
    const known = tenants.get(name);
    if (known) return known;
    const added: Tenant = { long: [], short: [], running: 0, runningLong: 0, lastTurn: 0 };
    tenants.set(name, added);
    return added;
  };

  /** The tenant's next task that may run now: the one that came first. */
  const nextOf = ({ long, short, runningLong }: Tenant): Waiting[] | null => {
    const [firstLong, firstShort] = [runningLong < longSlots ? long[0] : undefined, short[0]];
    if (!firstLong) return firstShort ? short : null;
    return firstShort && firstShort.place < firstLong.place ? short : long;
  };

  const startNext = (): void => {
    while (running < slots) {
      let best: { readonly tenant: Tenant; readonly queue: Waiting[] } | null = null;
      for (const tenant of tenants.values()) {
        const queue = nextOf(tenant);
        if (queue && (!best || isBefore(tenant, best.tenant))) best = { tenant, queue };
      }
      if (!best) return;
      best.tenant.lastTurn = ++turns;
      best.queue.shift()?.start();
    }
  };

  return {
    run<Result>({ tenant: name, isLong, signal }: Turn, start: () => Promise<Result>): Promise<Result> {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const tenant = tenantOf(name);
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
      const waiting: Waiting = { place: places++, start: begin };
      queue.push(waiting);
      signal?.addEventListener("abort", withdraw);
      startNext();
      return promise;
    },
  };
}

function isBefore(a: Tenant, b: Tenant): boolean {
  return a.running === b.running ? a.lastTurn < b.lastTurn : a.running < b.running;
}
