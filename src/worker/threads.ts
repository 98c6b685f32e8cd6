/** Recognises and describes crashes of the threads of a pool. */

const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** True when a thread ended because its JavaScript heap was too small for its task. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === OUT_OF_MEMORY;
}

/** True when memory for an array or a WebAssembly instance could not be allocated. V8 throws a RangeError with these words. */
export function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError && /allocat|out of memory/i.test(error.message);
}

/** Returns an error whose message may be shown to users, with Node's error as its cause. */
export function crashOf(cause: unknown, who: string): Error {
  if (isOutOfMemory(cause)) return new Error(`${who} ran out of memory`, { cause });
  const exit = /^worker exited with code: (\d+)$/.exec((cause as Error | null)?.message ?? "");
  return new Error(exit ? `${who} exited with code ${exit[1]}` : `${who} crashed`, { cause });
}
