/**
 * Preloaded into a server whose threads are to die: SIGUSR2 ends one of the threads that train, check or read uploads, each kind in its turn,
 * at whatever it does; a message "report" is answered with what the process holds. The thread of the database is spared: it is no pool's.
 */
import { readdirSync } from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";
import type { ThreadStart } from "../../src/worker/threads.ts";
import { type MemoryParts, memoryParts } from "./soak/memory-parts.ts";

/** What a process holds. */
export interface Holding {
  readonly rssBytes: number;
  /** Of the main thread, after a collection where the process may ask for one. */
  readonly heapBytes: number;
  /** Open file descriptors; null where the system does not list them. */
  readonly descriptors: number | null;
  /** Of what the resident memory consists. */
  readonly parts: MemoryParts;
  /** Threads that were ended so far, by the name of their entry. */
  readonly killed: Readonly<Record<string, number>>;
}

/** Entries of threads that may die. */
const MORTAL = ["train", "compute-thread", "ingest-thread", "team-thread"];

if (isMainThread) watchThreads();

function watchThreads(): void {
  const threads = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");
  /** By the name of its entry: the threads that live. */
  const living = new Map<string, Set<InstanceType<typeof threads.Worker>>>(MORTAL.map((name) => [name, new Set()]));
  const all = new Set<InstanceType<typeof threads.Worker>>();
  const killed: Record<string, number> = {};
  const enter = (worker: InstanceType<typeof threads.Worker>, address: string) => {
    const kind = living.get(/([a-z-]+)\.js$/.exec(address)?.[1] ?? "");
    kind?.add(worker);
    worker.once("exit", () => kind?.delete(worker));
  };

  threads.Worker = class extends threads.Worker {
    constructor(...[address, options]: ConstructorParameters<typeof threads.Worker>) {
      super(address, options);
      // A pool tells its thread which module it is to load.
      const { entry = String(address) } = (options?.workerData ?? {}) as Partial<ThreadStart>;
      enter(this, entry);
      all.add(this);
      this.once("exit", () => all.delete(this));
    }
  };
  syncBuiltinESMExports();

  let turn = 0;
  process.on("SIGUSR2", () => {
    for (let tried = 0; tried < MORTAL.length; tried++) {
      const kind = MORTAL[turn++ % MORTAL.length] as string;
      const [victim] = living.get(kind) ?? [];
      if (!victim) continue;
      killed[kind] = (killed[kind] ?? 0) + 1;
      void victim.terminate();
      return;
    }
  });
  process.on("message", async (message) => {
    if (message !== "report") return;
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const parts = await memoryParts([...all]);
    const holding: Holding = { rssBytes: rss, heapBytes: heapUsed, descriptors: countDescriptors(), parts, killed };
    process.send?.(holding);
  });
  process.channel?.unref();
}

function countDescriptors(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
