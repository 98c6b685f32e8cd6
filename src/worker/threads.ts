/** What a pool and its threads send one another, and how crashes of threads are recognised and described. */

/** What a thread is started with: the address of the module whose exports are its tasks. */
export interface ThreadStart {
  readonly entry: string;
}

/** One task: an export of the entry, which is called with `task`. */
export interface ThreadRequest {
  readonly name: string;
  readonly task: object;
}

/** What a thread sends: that it has loaded its entry, and how a task ended. */
export type ThreadMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown };

const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** True when a thread ended because its JavaScript heap was too small for its task. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === OUT_OF_MEMORY;
}

/** True when a thread could not be started: the process, or the system, may have no more of them, or of files. */
export function cannotStart(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_INIT_FAILED";
}

/** True when memory for an array or a WebAssembly instance could not be allocated. V8 throws a RangeError with these words. */
export function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError && /allocat|out of memory/i.test(error.message);
}

/** A thread ended by itself, under its task or without one. */
export class ThreadEnded extends Error {
  override readonly name = "ThreadEnded";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the thread ended with code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The pool of threads is closed: what was not finished is not done. */
export class PoolClosed extends Error {
  override readonly name = "PoolClosed";

  constructor() {
    super("the pool of threads is closed");
  }
}

/** Returns an error whose message may be shown to users, with Node's error as its cause. */
export function crashOf(cause: unknown, who: string): Error {
  if (isOutOfMemory(cause)) return new Error(`${who} ran out of memory`, { cause });
  return new Error(cause instanceof ThreadEnded ? `${who} exited with code ${cause.exitCode}` : `${who} crashed`, { cause });
}
