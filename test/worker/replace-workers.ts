/** Has pools start other threads than real ones. */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";

export const REAL_WORKER = Worker;

/** A thread that the system does not give. */
export class RefusedWorker {
  constructor() {
    throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
  }
}

/** Has pools start threads of this class until the test is over. */
export function replaceWorkers(own: unknown): void {
  const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: unknown };
  const use = (which: unknown): void => {
    threads.Worker = which;
    syncBuiltinESMExports();
  };
  use(own);
  onTestFinished(() => use(REAL_WORKER));
}
